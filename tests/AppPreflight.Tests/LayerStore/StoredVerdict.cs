using System.Text.Json.Nodes;
using AppPreflight.Pipeline;
using AppPreflight.Rehearsal;

namespace AppPreflight.LayerStore;

/// <summary>What the shipped program says of a stored image: <c>verify IMAGE --stored --json</c>, each finding as one line.</summary>
internal sealed record StoredVerdict(int ExitCode, IReadOnlyList<string> Findings, JsonNode Report)
{
    /// <summary>How the image was looked at, on the wire.</summary>
    public string? Way => Report["images"]?[0]?["stored"]?["proof"]?["way"]?.GetValue<string>();

    public static async Task<StoredVerdict> OfAsync(Engine engine, string reference, CancellationToken cancellationToken)
    {
        var home = Directory.CreateDirectory(Path.Combine(engine.Folder, "verify")).FullName;
        var program = new Executable(ShippedProgram.Find(), home, engine.Host, Path.Combine(home, "state"));
        var (code, report) = await program.ReportAsync($"verify {reference} --stored", cancellationToken);
        return new(code, [.. report["findings"]!.AsArray().Select(finding => Line(finding!))], report);
    }

    /// <summary>The line that a finding of this damage has to be.</summary>
    public static string Line(StoredDamage damage, int layer, string reference, BuiltImage image) =>
        $"{damage.Code} fail {reference} {image.Layers[layer].DiffId}: {string.Join(", ", damage.Expected(layer))}";

    private static string Line(JsonNode finding)
    {
        var files = finding["files"]?.AsArray().Select(file => $"{Text(file!, "kind")} {Text(file!, "path")}") ?? [];
        return $"{Text(finding, "code")} {Text(finding, "verdict")} {Text(finding, "subject")}: {string.Join(", ", files)}";
    }

    private static string Text(JsonNode node, string name) => node[name]!.GetValue<string>();
}
