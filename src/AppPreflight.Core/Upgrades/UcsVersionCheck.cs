using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.RegularExpressions;
using AppPreflight.Apps;

namespace AppPreflight.Upgrades;

/// <summary>Whether this system's UCS patch level and errata level reach what a release asks for.</summary>
/// <remarks>
/// Of several SupportedUCSVersions for this UCS version only the first counts, even if a later one would fit.
/// Source: appcenter/install_checks.py, MustHaveFittingUcsVersion.
/// </remarks>
internal static partial class UcsVersionCheck
{
    private const string Name = "must_have_fitting_ucs_version";

    private static readonly string[] Places = ["major", "minor", "patch", "errata"];

    public static StepRefusal? Refusal(AppRelease release, UcrValues ucr)
    {
        var current = ucr["version/version"] ?? "";
        var required = release.SupportedUcsVersions.FirstOrDefault(version => version.StartsWith($"{current}-", StringComparison.Ordinal));
        if (required is null && release.Ucs == current)
        {
            if (string.IsNullOrEmpty(release.RequiredUcsVersion))
                return null;
            required = release.RequiredUcsVersion;
        }

        return required is null ? new(Name, $"{release.Id} {release.Version} does not support UCS {current}") : Compare(release, required, ucr);
    }

    private static StepRefusal? Compare(AppRelease release, string required, UcrValues ucr)
    {
        var bits = Form.Match(required);
        var present = (ucr["version/version"] ?? "").Split('.', 2).Append(ucr["version/patchlevel"]).Append(ucr["version/erratalevel"]).ToList();
        if (!bits.Success || present.Count != 4)
            return Unreadable(required);
        for (var place = 0; place < 4; place++)
        {
            if (Number(present[place]) is not { } has)
                return Unreadable(required);
            var order = (Number(bits.Groups[Places[place]].Value) ?? 0).CompareTo(has);
            if (order != 0)
                return order < 0 ? null : new(Name, $"{release.Id} {release.Version} needs UCS {required}");
        }

        return null;
    }

    private static StepRefusal Unreadable(string required) =>
        new(Name, $"the App Center can't compare UCS {required} with version/version, version/patchlevel and version/erratalevel of this system");

    // Python's int(): digits of every script count.
    private static BigInteger? Number(string? text)
    {
        var digits = new StringBuilder();
        foreach (var rune in (text ?? "").Trim().EnumerateRunes().Take(4300))
        {
            var value = Rune.GetUnicodeCategory(rune) == UnicodeCategory.DecimalDigitNumber ? (int)Rune.GetNumericValue(rune) : -1;
            if (value < 0)
                return null;
            digits.Append((char)('0' + value));
        }

        return digits.Length > 0 ? BigInteger.Parse(digits.ToString(), NumberStyles.None, CultureInfo.InvariantCulture) : null;
    }

    [GeneratedRegex(@"^(?<major>\d+)\.(?<minor>\d+)-(?<patch>\d+)( errata(?<errata>\d+))?$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Form { get; }
}
