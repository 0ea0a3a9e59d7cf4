using AppPreflight.Checks;
using AppPreflight.Images;

namespace AppPreflight.Remedies;

/// <summary>The last word before a purge, from a fresh reading: between plan and act lie the pulls of other images, and other people.</summary>
public static class PurgeGuard
{
    /// <summary>What the journal remembers of one purge.</summary>
    public const int MostNames = 100;

    /// <returns>Why it may not be done; null when it may.</returns>
    public static string? Objection(Remedy purge, EngineState now)
    {
        if (!purge.IsProven) return "its replacement has not been read through in this run";
        if (purge.Of is null) return "it is not known which image would lose its names";
        if (purge.Names.Count > MostNames) return $"it has more than {MostNames} names, and not all of them could be put back";
        var stranger = now.Images.FirstOrDefault(image => image.Id != purge.Of && image.Tags.Concat(image.RepoDigests).Any(name => purge.Names.Contains(name, StringComparer.Ordinal)));
        if (stranger is not null) return $"one of its names stands on another image by now ({stranger.Id.Short})";
        if (now.Images.FirstOrDefault(image => image.Id == purge.Of) is not { } image) return null;
        if (purge.Room?.Objection(now) is { } noRoom) return noRoom;
        if (image.InUseBy.Count > 0) return $"it is in use by {string.Join(", ", image.InUseBy)}";
        var isNameOnly = purge.Cures is [FindingCode.DigestReferenceStale];
        var unplanned = image.Tags.Concat(image.RepoDigests).FirstOrDefault(name => !purge.Names.Contains(name, StringComparer.Ordinal));
        return isNameOnly || unplanned is null ? null : $"it has a name that nobody planned to take from it: {unplanned}";
    }
}
