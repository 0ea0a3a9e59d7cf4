namespace AppPreflight.Images;

/// <summary>What both sides showed of one image, in one look. A side that was not asked is marked so.</summary>
public sealed record ImageObservation(ImageRequirement Image)
{
    public ServedImage? Served { get; init; }

    /// <summary>Why there is no <see cref="Served"/>.</summary>
    public SourceFault? ServedFault { get; init; }

    /// <summary>The image the local name means; null when the engine has none of that name, or was not readable at all.</summary>
    public StoredImage? Stored { get; init; }

    public bool AskedRegistry { get; init; } = true;

    public bool AskedEngine { get; init; } = true;

    /// <summary>How deep both sides were to be looked at.</summary>
    public Depth Depth { get; init; }

    /// <summary>Both sides were asked and answered, at depth Content with proof for every layer: without findings about it, this image passes.</summary>
    public bool IsWhole(EngineState? engine) => (!AskedRegistry || IsServedWhole) && (!AskedEngine || (engine is not null && IsStoredWhole));

    private bool IsServedWhole => Served is { } served && served.Layers.Count == served.Manifest.Layers.Count
        && (Depth == Depth.Claims || served.Layers.All(layer => layer.Proof is not null));

    private bool IsStoredWhole => Stored is not null && (Depth == Depth.Claims || (Stored.Content is { Fault: null } && Stored.IsSound() == true));
}

public static class EngineLookup
{
    extension(EngineState engine)
    {
        /// <summary>The image a local name means.</summary>
        public StoredImage? Find(Oci.ImageReference reference) => engine.Images.FirstOrDefault(image => reference.Digest is null
            ? image.Tags.Contains(reference.ToString(), StringComparer.Ordinal)
            : image.RepoDigests.Contains($"{reference.Name}@{reference.Digest}", StringComparer.Ordinal));

        /// <summary>The id this engine will give an image that the registry serves so.</summary>
        public Oci.Digest IdOf(ServedImage served) =>
            engine.UsesContainerdStore ? served.Root.Digest : served.Manifest.Config.Digest;
    }
}
