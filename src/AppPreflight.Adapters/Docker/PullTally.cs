using AppPreflight.Ports;

namespace AppPreflight.Docker;

/// <summary>Sums the lines about single layers into where the whole pull stands, in compressed bytes.</summary>
internal sealed class PullTally
{
    private const int MaxLayers = 2000;

    private readonly Dictionary<string, LayerStand> layers = new(StringComparer.Ordinal);

    public PullProgress Progress => new(
        layers.Values.Sum(layer => layer.DoneBytes), layers.Values.Sum(layer => layer.TotalBytes),
        layers.Values.Count(layer => layer.IsDone), layers.Count);

    /// <returns>Whether the line changed anything.</returns>
    public bool Take(PullLine line)
    {
        // the first line, "Pulling from REPOSITORY", has the tag for an id: only known words are about a layer
        if (line.Id is not { Length: > 0 } id) return false;
        var stand = layers.GetValueOrDefault(id, LayerStand.Unknown);
        if (Advance(stand, line) is not { } next || (next == stand && layers.ContainsKey(id))) return false;
        if (layers.Count >= MaxLayers && !layers.ContainsKey(id)) return false;
        layers[id] = next;
        return true;
    }

    private static LayerStand? Advance(LayerStand stand, PullLine line) => line.Status switch
    {
        "Pulling fs layer" or "Waiting" => stand,
        "Downloading" when line.Detail is { } detail => stand.Downloading(detail),
        "Verifying Checksum" or "Download complete" or "Extracting" => stand with { DoneBytes = stand.TotalBytes },
        "Pull complete" or "Already exists" => stand with { DoneBytes = stand.TotalBytes, IsDone = true },
        { } text when text.StartsWith("Retrying in ", StringComparison.Ordinal) => stand,
        _ => null,
    };

    private sealed record LayerStand(long DoneBytes, long TotalBytes, bool IsDone)
    {
        public static readonly LayerStand Unknown = new(0, 0, false);

        // a total may be missing (0 or -1): then what has come so far is the best known total
        public LayerStand Downloading(PullDetail detail)
        {
            var done = Math.Clamp(detail.Current, 0, 1L << 50);
            return this with { DoneBytes = done, TotalBytes = Math.Clamp(detail.Total, done, 1L << 50) };
        }
    }
}
