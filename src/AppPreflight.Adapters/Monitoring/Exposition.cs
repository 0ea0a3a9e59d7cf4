using System.Globalization;
using System.Text;
using AppPreflight.Oci;

namespace AppPreflight.Monitoring;

/// <summary>Prometheus' text format, version 0.0.4: families of samples, each with its HELP and TYPE lines before them.</summary>
/// <remarks>Source: prometheus.io, "Exposition formats". No time stamps: the node exporter refuses a file that has some.</remarks>
internal sealed class Exposition
{
    private const int LongestLabel = 256;

    private readonly StringBuilder text = new();

    /// <summary>A family; its samples follow at once. Without samples there is none.</summary>
    public void Family(string name, string type, string help, IEnumerable<((string Name, string Value)[] Labels, double Value)> samples)
    {
        var isFirst = true;
        foreach (var (labels, value) in samples)
        {
            if (isFirst) text.Append($"# HELP {name} {help}\n# TYPE {name} {type}\n");
            isFirst = false;
            text.Append(name);
            if (labels.Length > 0) text.Append('{').AppendJoin(',', labels.Select(label => $"{label.Name}=\"{Escape(label.Value)}\"")).Append('}');
            text.Append(' ').Append(value.ToString("R", CultureInfo.InvariantCulture)).Append('\n');
        }
    }

    /// <summary>A family of one sample without labels; none for null.</summary>
    public void Single(string name, string type, string help, double? value) =>
        Family(name, type, help, value is { } known ? [([], known)] : []);

    /// <summary>A label's value as it will stand there, for telling which are the same.</summary>
    public static string Label(string value) => Quote.Short(value, LongestLabel);

    public override string ToString() => text.ToString();

    private static string Escape(string value) =>
        Label(value).Replace("\\", @"\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
}
