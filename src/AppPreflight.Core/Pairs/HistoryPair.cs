using System.Text.RegularExpressions;
using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.Pairs;

public enum HistoryChange
{
    Same,

    /// <summary>The same step at another time, or noted otherwise.</summary>
    ToldOtherwise,

    OnlyA,

    OnlyB,
}

/// <summary>One line of two images' histories beside each other.</summary>
/// <param name="LayerA">The layer that the step of A made, from 0; null where it made none or that can't be told.</param>
public sealed record HistoryPair(int? A, int? B, HistoryChange Change, int? LayerA, int? LayerB);

/// <summary>Aligns histories by what was done, whoever wrote it down.</summary>
public static partial class HistoryPairs
{
    public static IReadOnlyList<HistoryPair> Of(ImageForm a, ImageForm b)
    {
        var (layersA, layersB) = (LayersOf(a), LayersOf(b));
        var (historyA, historyB) = (a.Config.History, b.Config.History);
        return [.. Alignment.Of(Steps(historyA), Steps(historyB), IsSameStep).Select(line => new HistoryPair(
            line.A, line.B, ChangeOf(line, historyA, historyB),
            line.A is { } ofA ? layersA[ofA] : null, line.B is { } ofB ? layersB[ofB] : null))];
    }

    /// <summary>A step's command without the dress that classic builder and BuildKit each put around it.</summary>
    public static string Command(string createdBy)
    {
        var command = Spaces().Replace(createdBy, " ").Trim();
        command = Trim(command, "|0 ");
        if (command.EndsWith("# buildkit", StringComparison.Ordinal)) command = command[..^"# buildkit".Length].TrimEnd();
        if (command.StartsWith("/bin/sh -c #(nop)", StringComparison.Ordinal)) return command["/bin/sh -c #(nop)".Length..].Trim();
        command = Trim(command, "RUN ");
        return Trim(command, "/bin/sh -c ");
    }

    // a copy names its source by content in one dress and by path in the other: only where it goes can be compared
    private static bool IsSameStep(Step a, Step b) =>
        a.IsEmptyLayer == b.IsEmptyLayer && (a.Command == b.Command || (a.Target is { } target && target == b.Target));

    private static List<Step> Steps(IReadOnlyList<HistoryEntry> history) =>
        [.. history.Select(entry => (Command: Command(entry.CreatedBy), entry.IsEmptyLayer)).Select(one => new Step(one.Command, Target(one.Command), one.IsEmptyLayer))];

    private static HistoryChange ChangeOf((int? A, int? B) line, IReadOnlyList<HistoryEntry> a, IReadOnlyList<HistoryEntry> b) => line switch
    {
        (null, _) => HistoryChange.OnlyB,
        (_, null) => HistoryChange.OnlyA,
        ({ } ofA, { } ofB) => IsToldTheSame(a[ofA], b[ofB]) ? HistoryChange.Same : HistoryChange.ToldOtherwise,
    };

    // an engine tells neither times nor authors: what is not told is not other
    private static bool IsToldTheSame(HistoryEntry a, HistoryEntry b) =>
        a.CreatedBy == b.CreatedBy && a.Comment == b.Comment
        && (a.Created is null || b.Created is null || a.Created == b.Created)
        && (a.Author is null || b.Author is null || a.Author == b.Author);

    // every step that is not empty made one layer; where the numbers do not agree, nothing can be told
    private static int?[] LayersOf(ImageForm form)
    {
        var history = form.Config.History;
        var isTold = history.Count(step => !step.IsEmptyLayer) == form.Layers.Count;
        var next = 0;
        return [.. history.Select(step => !isTold || step.IsEmptyLayer ? (int?)null : next++)];
    }

    private static string? Target(string command)
    {
        if (!command.StartsWith("COPY ", StringComparison.Ordinal) && !command.StartsWith("ADD ", StringComparison.Ordinal)) return null;
        return $"{command[..command.IndexOf(' ', StringComparison.Ordinal)]} {command[(command.LastIndexOf(' ') + 1)..].TrimEnd('/')}";
    }

    private static string Trim(string text, string start) => text.StartsWith(start, StringComparison.Ordinal) ? text[start.Length..] : text;

    /// <summary>What of a step is compared.</summary>
    private sealed record Step(string Command, string? Target, bool IsEmptyLayer);

    [GeneratedRegex(@"\s+", RegexOptions.CultureInvariant)]
    private static partial Regex Spaces();
}
