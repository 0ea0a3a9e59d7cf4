using AppPreflight.Checks;
using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.Remedies;

/// <summary>Acts in the order they have to happen: purges whose replacement is proven, then pulls, then leftovers of moved tags.</summary>
public sealed record RemedyPlan(IReadOnlyList<Remedy> Remedies);

/// <summary>From findings to acts. Pure: what it may not do it asks the operator for.</summary>
/// <remarks>
/// What needs which act follows from moby: an absent or moved tag is healed by a pull alone; a rotten configuration too,
/// because the engine hashes it on each read; a rotten layer only by a purge first, for "Already exists" reads no byte
/// (distribution/xfer/download.go); a stale digest reference only by removing that name (distribution/pull.go).
/// </remarks>
public static class RemedyPlanner
{
    public static RemedyPlan Plan(
        IReadOnlyList<ImageObservation> observations, IReadOnlyList<Finding> findings, EngineState? engine, Site? site = null)
    {
        if (engine is null) return new([.. observations.SelectMany(o => Blocked(o, Of(findings, o)))]);
        if (findings.Any(finding => finding.Code is FindingCode.SpaceShort or FindingCode.InodesShort))
            return new([AskForSpace(findings, engine), .. observations.SelectMany(o => Blocked(o, Of(findings, o)))]);

        var all = observations.Select(o => ImageWounds.Of(o, Of(findings, o), engine)).ToList();
        var misled = all.SelectMany(w => w.MisledTo).ToHashSet();
        var wounded = all.Select(w => w with { IsInTheWay = w.Stored is { } stored && ChainId.AllOf(stored.DiffIds).Any(misled.Contains) }).Where(w => w.NeedsAct || w.IsInTheWay).ToList();
        var healable = Healable(wounded, engine);
        var isProven = healable.TrueForAll(w => w.IsReadThrough);
        // what is removed has to be fetched again, sound or not
        var removed = healable.SelectMany(w => w.Removed(engine)).Select(image => image.Id).ToHashSet();
        var room = SpaceCheck.Need(observations, engine with { Images = [.. engine.Images.Where(image => !removed.Contains(image.Id))] });
        if (removed.Count > 0 && room.Objection(engine) is { } tooLittle)
            return new([new(RemedyKind.AskOperator, engine.DataRoot, [FindingCode.SpaceShort]) { Reason = $"{tooLittle}; docker image prune, or enlarge the disk" }, .. observations.SelectMany(o => Blocked(o, Of(findings, o)))]);
        return new(
        [
            .. observations.SelectMany(o => Blocked(o, Of(findings, o))),
            .. wounded.Except(healable).Where(w => w.NeedsAct && w.HasProvenReplacement).Select(w => AskAboutUse(w, engine, site ?? Site.Anywhere)),
            .. healable.SelectMany(w => w.PurgesFirst(engine)).DistinctBy(remedy => remedy.Names[0]).Select(remedy => remedy with { IsProven = isProven, Room = room }),
            .. healable.OrderBy(w => ChainId.AllOf(w.Observation.Served!.Config.DiffIds).Any(misled.Contains)).Select(w => w.Pull(engine)),
            .. healable.SelectMany(w => w.Leftovers(observations, engine)).DistinctBy(remedy => remedy.Subject).Select(remedy => remedy with { IsProven = isProven }),
        ]);
    }

    /// <summary>
    /// Healable: the replacement is proven, nothing in reach is in use, every image in reach has a proven replacement of its
    /// own, and the pull would not be given a damaged layer that has to stay.
    /// </summary>
    private static List<ImageWounds> Healable(List<ImageWounds> wounded, EngineState engine)
    {
        var healable = wounded.Where(w => w.HasProvenReplacement).ToList();
        while (true)
        {
            var staying = wounded.Except(healable).Where(w => w.HasAlteredLayer).Select(w => w.Stored!).ToList();
            var removed = healable.SelectMany(w => w.Removed(engine)).Select(image => image.Id).ToHashSet();
            var stuck = healable.RemoveAll(w =>
                w.IsBlocked
                || w.MisledTo.Any(layer => !engine.HoldersOf(layer).Any())
                || w.StaleHolder(engine) is { InUseBy.Count: > 0 }
                || (w.IsInTheWay && !w.NeedsAct && !removed.Contains(w.Stored!.Id))
                || w.Removed(engine).Any(image => image.InUseBy.Count > 0 || image.MisleadsRemoval() || !IsReplaced(image, wounded, healable, engine))
                || staying.Any(damaged => engine.WouldReuse(damaged, w.Observation.Served!.Config.DiffIds)));
            if (stuck == 0) return healable;
        }
    }

    /// <summary>Whether every name that a purge of this image takes is on something proven afterwards.</summary>
    private static bool IsReplaced(StoredImage image, List<ImageWounds> wounded, List<ImageWounds> healable, EngineState engine)
    {
        // an image that only might stand on the damage is not purged on suspicion
        var heirs = healable.Where(w => w.Stored?.Id == image.Id && w.GivesWay).ToList();
        var isBroughtBack = heirs.Exists(w => w.BringsBack(image, engine));
        return heirs.Count > 0
            && image.Tags.All(tag => heirs.Exists(w => w.Image.Reference.ToString() == tag) || (isBroughtBack && ImageReference.TryParse(tag) is { Tag: not null, Digest: null }))
            && image.RepoDigests.All(name => heirs.Exists(w => name.StartsWith(w.Image.Reference.Name + "@", StringComparison.Ordinal)))
            && wounded.Except(healable).Where(w => w.Stored?.Id == image.Id).All(w => isBroughtBack && w.Image.Reference.Digest is null);
    }

    private static IEnumerable<Remedy> Blocked(ImageObservation observation, IReadOnlyList<Finding> findings) => findings
        .Where(finding => finding.Verdict == Verdict.Fail && finding.Source is Source.Registry or Source.Transport)
        .GroupBy(finding => finding.Subject, StringComparer.Ordinal)
        .Select(group => new Remedy(RemedyKind.AskOperator, group.Key, [.. group.Select(finding => finding.Code).Distinct()])
        { Image = observation.Image, Reason = group.First().Remedy });

    private static Remedy AskForSpace(IReadOnlyList<Finding> findings, EngineState engine)
    {
        var space = findings.First(finding => finding.Code is FindingCode.SpaceShort or FindingCode.InodesShort);
        return new(RemedyKind.AskOperator, engine.DataRoot, [space.Code]) { Reason = space.Remedy };
    }

    private static Remedy AskAboutUse(ImageWounds wounds, EngineState engine, Site site)
    {
        var healing = wounds.HasAlteredLayer ? Healing.Of(engine, wounds.Stored!, site) : null;
        return new(RemedyKind.AskOperator, wounds.Image.Reference.ToString(), wounds.Codes)
        {
            Image = wounds.Image,
            Commands = healing?.Commands ?? [],
            Reason = healing?.ToString()
                ?? wounds.Findings.FirstOrDefault(f => wounds.Codes.Contains(f.Code) && f.Remedy is not null && f.Remedy != StoredCheck.Repair)?.Remedy
                ?? (wounds.StaleHolder(engine) is { InUseBy.Count: > 0 } holder ? $"its digest stands on another image, which is in use by {string.Join(", ", holder.InUseBy)}; remove that container first, then app-preflight repair" : null)
                ?? (wounds.MisledTo.Any() ? "an image that holds the wrong layer is not wanted by this chain, or cannot be replaced now; the evidence of digest-mapping-stale (--verbose) names the one file to remove instead; then app-preflight repair" : null)
                ?? "it stands on a damaged layer of another image that cannot be replaced now; heal that one first, then app-preflight repair",
        };
    }

    private static List<Finding> Of(IReadOnlyList<Finding> findings, ImageObservation observation) =>
        [.. findings.Where(finding => finding.IsAbout(observation.Image))];
}
