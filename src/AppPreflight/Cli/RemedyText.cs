using AppPreflight.Checks;
using AppPreflight.Images;
using AppPreflight.Remedies;
using AppPreflight.Runs;

namespace AppPreflight.Cli;

/// <summary>The next step of a finding or an act, such that it can be typed as it stands: Core's remedies do not know whose app they are for.</summary>
internal sealed class RemedyText(PreflightReport report)
{
    private const string Repair = "app-preflight repair";

    // one image verified by itself has no app, and its report no chain
    private bool IsOfOneImage => report.Chain.Count == 0;

    public string Of(Finding finding)
    {
        var remedy = finding.Remedy ?? "";
        if (remedy != Repair) return Complete(remedy);
        var command = IsOfOneImage && finding.Code == FindingCode.ImageAbsent ? $"docker pull {report.App}" : Complete(remedy);
        return MayBeRepaired(finding) ? command : $"heal the other findings first, then: {command}";
    }

    /// <summary>With the app's name behind "app-preflight repair" where none stands there yet.</summary>
    public string Complete(string remedy)
    {
        var end = remedy.IndexOf(Repair, StringComparison.Ordinal) + Repair.Length;
        if (end < Repair.Length || !IsEndOfCommand(remedy.AsSpan(end))) return remedy;
        return $"{remedy[..end]} {(IsOfOneImage ? "--all" : report.App)}{remedy[end..]}";
    }

    private static bool IsEndOfCommand(ReadOnlySpan<char> rest) => rest.Length == 0 || rest[0] is ',' or ';' or '.' || rest.StartsWith(" (");

    // a repair that has nothing planned for this image would end where this run ended
    private bool MayBeRepaired(Finding finding) => IsOfOneImage
        ? !report.Findings.Any(other => other.Source is Source.Registry or Source.Transport && ExitCode.Of(other.Verdict) != ExitCode.Pass)
        : report.Actions.Any(action => action is { Outcome: ActionOutcome.Planned, Kind: not RemedyKind.AskOperator } && finding.Subject.Split(' ')[0] == action.Subject);
}
