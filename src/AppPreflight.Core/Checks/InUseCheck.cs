using AppPreflight.Images;

namespace AppPreflight.Checks;

/// <summary>Whether what would have to be removed to heal an altered layer is in use. Then only a person may decide.</summary>
public static class InUseCheck
{
    public static IEnumerable<Finding> Look(ImageObservation observation, EngineState? engine, Site? site = null)
    {
        if (engine is null || observation.Stored is not { } stored || stored.IsSound() != false) yield break;
        var subject = observation.Image.Reference.ToString();
        var used = engine.DamageReach(stored).Where(image => image.InUseBy.Count > 0).ToList();
        if (used.Count == 0) yield break;
        var remedy = !IsProven(observation.Served) ? $"nothing is to be removed before the registry's copy is proven: app-preflight verify {subject} --served; once that passes, app-preflight check --content tells the commands"
            : Healing.Of(engine, stored, site ?? Site.Anywhere)?.ToString() ?? "mend the layer's short name first, as its own finding says; nothing has to stop for that";
        foreach (var image in used)
        {
            var containers = string.Join(", ", image.InUseBy);
            var itself = image.Id == stored.Id;
            yield return new(itself ? FindingCode.ImageInUse : FindingCode.LayerSharedInUse, Verdict.Fail, subject, Source.Engine,
                itself ? $"The damaged image is in use by {containers}; it is not removed"
                    : $"The damaged layer belongs to {Name(image)} as well, which is in use by {containers}; it is not removed")
            {
                Observed = image.Id.ToString(),
                Remedy = remedy,
            };
        }
    }

    // an image that is in use and can't be had again is worse than a damaged one
    private static bool IsProven(ServedImage? served) => served is { Layers.Count: > 0 } && served.Layers.All(layer => layer.Proof is { } proof && proof.Digest == layer.Descriptor.Digest);

    internal static string Name(StoredImage image) => image.Tags.Count > 0 ? image.Tags[0] : image.Id.Short;
}
