using AppPreflight.Images;

namespace AppPreflight.Checks;

/// <summary>What the pulls will need on the engine's disk, against what is free there.</summary>
public static class SpaceCheck
{
    /// <summary>Unpacked size taken for granted while nobody has read the layer: system images gzip to between a half and a fourth.</summary>
    private const int GuessedRatio = 4;

    /// <summary>What one layer counts at most: a manifest may promise any number, and the sum must stay one.</summary>
    private const long MostBytes = 1L << 40;

    /// <summary>Sums each layer once: those a sound image in the store already has cost nothing.</summary>
    public static SpaceNeed Need(IReadOnlyList<ImageObservation> observations, EngineState? engine)
    {
        var held = (engine?.Images ?? []).Where(image => image.Fault is null && image.IsSound() != false).SelectMany(image => image.DiffIds).ToHashSet();
        long compressed = 0, unpacked = 0;
        foreach (var layer in observations.Where(o => o.Served is not null && !IsHeld(o, engine)).SelectMany(o => o.Served!.Layers))
        {
            if (!held.Add(layer.DiffId)) continue;
            var size = Math.Min(layer.Descriptor.SizeBytes, MostBytes);
            compressed += size;
            unpacked += Math.Min(layer.Proof?.TarBytes ?? size * GuessedRatio, MostBytes * GuessedRatio);
        }
        return new(compressed, compressed + unpacked);
    }

    public static IEnumerable<Finding> Look(SpaceNeed need, EngineState? engine)
    {
        if (engine?.FreeBytes is not { } free || need.DiskBytes <= free) yield break;
        yield return new(FindingCode.SpaceShort, Verdict.Fail, engine.DataRoot, Source.Space,
            $"The images still to pull need about {need.DiskBytes >> 20} MiB on the engine's disk; {free >> 20} MiB are free")
        {
            Expected = $"{need.DiskBytes}",
            Observed = $"{free}",
            Remedy = "docker image prune (or enlarge the disk)",
        };
    }

    private static bool IsHeld(ImageObservation observation, EngineState? engine) =>
        engine is not null && observation.Stored is { Fault: null } stored && stored.IsSound() != false && stored.Id == engine.IdOf(observation.Served!);
}

/// <param name="ToPullBytes">Compressed bytes on the wire.</param>
/// <param name="DiskBytes">Peak on the engine's disk: compressed and unpacked at once; an estimate unless every layer was read.</param>
public sealed record SpaceNeed(long ToPullBytes, long DiskBytes);
