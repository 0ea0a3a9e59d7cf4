using AppPreflight.Images;

namespace AppPreflight.Checks;

/// <summary>Whether what would have to be removed to heal an altered layer is in use. Then only a person may decide.</summary>
public static class InUseCheck
{
    public static IEnumerable<Finding> Look(ImageObservation observation, EngineState? engine)
    {
        if (engine is null || observation.Stored is not { } stored || stored.IsSound() != false) yield break;
        var subject = observation.Image.Reference.ToString();
        foreach (var image in engine.DamageReach(stored).Where(image => image.InUseBy.Count > 0))
        {
            var containers = string.Join(", ", image.InUseBy);
            var itself = image.Id == stored.Id;
            yield return new(itself ? FindingCode.ImageInUse : FindingCode.LayerSharedInUse, Verdict.Fail, subject, Source.Engine,
                itself ? $"The damaged image is in use by {containers}; it is not removed"
                    : $"The damaged layer belongs to {Name(image)} as well, which is in use by {containers}; it is not removed")
            {
                Observed = image.Id.ToString(),
                Remedy = stored.MisleadsRemoval() ? "mend the layer's short name first, as its own finding says; nothing has to stop for that" : Commands(image, stored),
            };
        }
    }

    internal static string Name(StoredImage image) => image.Tags.Count > 0 ? image.Tags[0] : image.Id.Short;

    private static string Commands(StoredImage used, StoredImage damaged) =>
        string.Join("; ", used.InUseBy.Select(container => $"docker stop {container.Name} && docker rm {container.Name}"))
        + $"; docker rmi {string.Join(' ', new[] { used, damaged }.DistinctBy(image => image.Id).Select(Name))}; then app-preflight repair (the app is down until its container is made again)";
}
