using AppPreflight.Oci;
using AppPreflight.Pipeline;
using AppPreflight.Runs;

namespace AppPreflight.Agent;

/// <summary>Which stored layers a night's scrub reads, and in which order.</summary>
internal static class ScrubOrder
{
    /// <summary>What a run, or last night, read so lately need not be read tonight.</summary>
    public static readonly TimeSpan Fresh = TimeSpan.FromHours(20);

    /// <param name="done">Read tonight already, or tried.</param>
    /// <param name="cut">How often the end of the budget came amid a layer: one that is too large for it must not keep the others waiting for ever.</param>
    /// <returns>Never proved or damaged ones first, then those that were proved longest ago.</returns>
    public static IReadOnlyList<ChainId> Of(
        IEnumerable<ScrubLayer> layers, IReadOnlyDictionary<ChainId, ProofNote> notes, AgentConfig config, DateTimeOffset now,
        IReadOnlySet<ChainId> done, IReadOnlyDictionary<ChainId, int> cut) =>
        [.. layers.Where(layer => !done.Contains(layer.Chain) && layer.Apps.Any(app => config.Of(app) != AutoMode.Off))
            .Select(layer => (layer.Chain, At: ProvedAt(notes.GetValueOrDefault(layer.Chain), now)))
            .Where(layer => now - layer.At >= Fresh)
            .OrderBy(layer => cut.GetValueOrDefault(layer.Chain)).ThenBy(layer => layer.At).ThenBy(layer => layer.Chain.ToString(), StringComparer.Ordinal)
            .Select(layer => layer.Chain)];

    // a time to come was written by a clock that was wrong
    private static DateTimeOffset ProvedAt(ProofNote? note, DateTimeOffset now) =>
        note is { IsSound: true } && note.At <= now ? note.At : DateTimeOffset.MinValue;
}
