using System.Globalization;
using System.Text.RegularExpressions;

namespace AppPreflight.Monitoring;

internal sealed record Sample(string Name, IReadOnlyDictionary<string, string> Labels, double Value);

/// <summary>Reads Prometheus' text format by the letter, and stricter: each family whole and once, HELP and TYPE first, no series twice, no time stamps.</summary>
internal static partial class MetricLines
{
    public static IReadOnlyList<Sample> Parse(string text)
    {
        if (!text.EndsWith('\n')) throw new FormatException("the last line has no end");
        var (samples, families, series, family) = (new List<Sample>(), new HashSet<string>(), new HashSet<string>(), "");
        var lines = text[..^1].Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            if (Help().Match(lines[i]) is { Success: true } help)
            {
                family = help.Groups["name"].Value;
                if (!families.Add(family)) throw new FormatException($"family {family} twice");
                if (!Type().IsMatch(lines[++i]) || lines[i].Split(' ')[2] != family) throw new FormatException($"no TYPE of {family}: {lines[i]}");
                if (lines[i].EndsWith("counter", StringComparison.Ordinal) != family.EndsWith("_total", StringComparison.Ordinal)) throw new FormatException($"{family} is named like another type");
                continue;
            }

            if (Line().Match(lines[i]) is not { Success: true } line) throw new FormatException($"no sample: {lines[i]}");
            if (line.Groups["name"].Value != family) throw new FormatException($"outside of its family: {lines[i]}");
            if (!series.Add(lines[i][..lines[i].LastIndexOf(' ')])) throw new FormatException($"a series twice: {lines[i]}");
            var labels = Label().Matches(line.Groups["labels"].Value).ToDictionary(label => label.Groups["name"].Value, label => Unescaped(label.Groups["value"].Value), StringComparer.Ordinal);
            samples.Add(new(family, labels, double.Parse(line.Groups["value"].ValueSpan, CultureInfo.InvariantCulture)));
        }

        return samples;
    }

    private static string Unescaped(string value) =>
        Escape().Replace(value, match => match.Value switch { @"\n" => "\n", _ => match.Value[1..] });

    [GeneratedRegex("""\A# HELP (?<name>[a-zA-Z_:][a-zA-Z0-9_:]*) [^\\]+\z""", RegexOptions.ExplicitCapture)]
    private static partial Regex Help();

    [GeneratedRegex("""\A# TYPE [a-zA-Z_:][a-zA-Z0-9_:]* (counter|gauge)\z""", RegexOptions.ExplicitCapture)]
    private static partial Regex Type();

    [GeneratedRegex("""\A(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?<labels>[a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\["\\n])*"(,[a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\["\\n])*")*)\})? (?<value>-?[0-9]+(\.[0-9]+)?(E[+-][0-9]+)?)\z""", RegexOptions.ExplicitCapture)]
    private static partial Regex Line();

    [GeneratedRegex("""(?<name>[a-zA-Z_][a-zA-Z0-9_]*)="(?<value>([^"\\]|\\.)*)"(,|\z)""", RegexOptions.ExplicitCapture)]
    private static partial Regex Label();

    [GeneratedRegex("""\\.""")]
    private static partial Regex Escape();
}
