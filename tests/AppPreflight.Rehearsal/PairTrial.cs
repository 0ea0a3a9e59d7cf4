using System.Globalization;
using System.Text.Json.Nodes;

namespace AppPreflight.Rehearsal;

/// <summary>One pair, the real executable, both ways round. What did not come true is told as sentences.</summary>
internal sealed class PairTrial(ComparePair pair, PairStand stand, Executable program)
{
    private readonly List<string> faults = [];

    public static async Task<IReadOnlyList<string>> RunAsync(Stage stage, string program, string name, ComparePair pair, CancellationToken cancellationToken)
    {
        await using var stand = new PairStand(stage, name);
        var trial = new PairTrial(pair, stand, stand.Program(program));
        await trial.RunAsync(cancellationToken);
        return trial.faults;
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        var a = await pair.A(stand, "a", cancellationToken);
        var b = await pair.B(stand, "b", cancellationToken);
        stand.TakeAsked();
        if (pair.Grade is null)
        {
            await ExpectReasonAsync($"{a} {b}", cancellationToken);
            await ExpectReasonAsync($"{b} {a}", cancellationToken);
            return;
        }

        var (exit, told) = await program.CompareAsync($"{a} {b} --files", cancellationToken);
        Compare("exit code", Text(pair.Exit), Text(exit));
        Compare("grade", pair.Grade, told["grade"]?.GetValue<string>());
        ExpectDifference(told);
        ExpectRead(told, (a, b));

        var (exitBack, back) = await program.CompareAsync($"{b} {a} --files", cancellationToken);
        Compare("exit code the other way round", Text(exit), Text(exitBack));
        Compare("grade the other way round", told["grade"]?.GetValue<string>(), back["grade"]?.GetValue<string>());
        if (pair.Layers is not null) Compare("layers the other way round", Lines(Layers(told).Select(row => row.Mirrored)), Lines(Layers(back)));
        Compare("files the other way round", Lines(Files(told).Select(file => file.Mirrored)), Lines(Files(back)));
    }

    private async Task ExpectReasonAsync(string names, CancellationToken cancellationToken)
    {
        var (exit, text, said) = await program.RunAsync($"compare {names}", cancellationToken);
        Compare("exit code", Text(pair.Exit), Text(exit));
        if (!(text + said).Contains(pair.First, StringComparison.Ordinal)) faults.Add($"'{text}{said}' does not name '{pair.First}'");
    }

    private void ExpectDifference(JsonNode told)
    {
        var first = told["first"] is { } one ? $"{one["where"]}: {one["what"]}" : "";
        if (pair.First.Length == 0 ? first.Length > 0 : !first.StartsWith(pair.First, StringComparison.Ordinal)) faults.Add($"first difference: {first}, wanted {pair.First}");
        if (pair.Layers is { } layers) Compare("layers", Lines(layers), Lines(Layers(told)));
        var files = Files(told).ToList();
        Compare("files", Lines(pair.Files), Lines(files.Where(file => file.Kind != "stamp").Select(file => $"{file.Kind} {file.Path}")));
        if (pair.Stamped is { } stamped) Compare("files with another stamp", Text(stamped), Text(files.Count(file => file.Kind == "stamp")));
        if (pair.Fields is { } fields) Compare("fields", Lines(fields), Lines(told["fields"]!.AsArray().Select(field => field!["name"]!.GetValue<string>())));
        foreach (var change in (string[])["added", "removed", "changed"])
            Compare($"count of {change}", Text(files.Count(file => file.Kind == change)), Text(told["counts"]![change]!.GetValue<int>()));
    }

    /// <summary>By what the registry was asked for, and by what the program says of itself.</summary>
    private void ExpectRead(JsonNode told, (string A, string B) typed)
    {
        var asked = stand.TakeAsked();
        var wanted = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var (tag, name, layers) in new[] { ("a", typed.A, pair.ReadA), ("b", typed.B, pair.ReadB) })
        {
            if (layers is null || !stand.IsServed(name)) continue;
            wanted.UnionWith(stand.Digests(tag, layers));
            Compare($"bytes read of {tag}", Text(stand.Bytes(tag, layers)), Text(told["read"]![tag]!.GetValue<long>()));
        }

        var isWhole = (pair.ReadA is not null || !stand.IsServed(typed.A)) && (pair.ReadB is not null || !stand.IsServed(typed.B));
        if (isWhole) Compare("layers asked for", Lines(wanted), Lines(asked));
    }

    private void Compare(string what, string? wanted, string? got)
    {
        if (!string.Equals(wanted, got, StringComparison.Ordinal)) faults.Add($"{what}: {got ?? "none"}, wanted {wanted ?? "none"}");
    }

    private static IEnumerable<Row> Layers(JsonNode told) => told["layers"]!.AsArray().Select(row => new Row(Place(row!["a"]), Place(row["b"]), row["change"]!.GetValue<string>()));

    private static IEnumerable<Change> Files(JsonNode told) => told["files"]!.AsArray().Select(file => new Change(
        file!["change"]!.GetValue<string>(), file["path"]!.GetValue<string>(), Place(file["sizeA"]), Place(file["sizeB"])));

    private static string Place(JsonNode? number) => number?.ToJsonString() ?? "-";

    private static string Lines<T>(IEnumerable<T> lines) => string.Join(", ", lines.Select(line => line!.ToString()).Order(StringComparer.Ordinal));

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Turned(string change) => change switch
    {
        "only-a" => "only-b",
        "only-b" => "only-a",
        "added" => "removed",
        "removed" => "added",
        _ => change,
    };

    private sealed record Row(string A, string B, string Change)
    {
        public Row Mirrored => new(B, A, Turned(Change));

        public override string ToString() => $"{A}-{B} {Change}";
    }

    private sealed record Change(string Kind, string Path, string SizeA, string SizeB)
    {
        public Change Mirrored => new(Turned(Kind), Path, SizeB, SizeA);

        public override string ToString() => $"{Kind} {Path} {SizeA} {SizeB}";
    }
}
