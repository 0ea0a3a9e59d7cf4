namespace AppPreflight.Oci;

/// <summary>Manifests by platform. One type for OCI's index and Docker's manifest list.</summary>
/// <remarks>Sources: OCI image-spec v1.1 image-index.md; distribution manifest list v2.</remarks>
public sealed record ImageIndex(string MediaType, IReadOnlyList<Descriptor> Manifests)
{
    public const int MaxManifests = 1000;

    /// <exception cref="FormatException">Not an index; the message names the place.</exception>
    public static ImageIndex Parse(Served served) => OciJson.Read(served.Bytes, "the index", ImageManifest.MaxBytes, root =>
        new ImageIndex(
            root.Text("mediaType") ?? served.MediaType,
            [.. root.List("manifests", MaxManifests).Select((entry, i) => entry.Descriptor($"entry {i + 1} of the index"))]));

    /// <summary>The entry an engine on <paramref name="host"/> takes: the first that fits exactly, else the first that runs; attestations never.</summary>
    /// <remarks>Source: moby distribution/pull_v2_unix.go, filterManifests (20.10): in order of the best match.</remarks>
    public Descriptor? Select(Platform host)
    {
        var images = Offered.ToList();
        return images.Find(entry => entry.Platform!.Normalised == host.Normalised)
            ?? images.Where(entry => host.Runs(entry.Platform!)).MaxBy(entry => entry.Platform!.Normalised.Variant, StringComparer.Ordinal);
    }

    /// <summary>The first that can be an image at all, whatever it is for.</summary>
    public Descriptor? First => Offered.FirstOrDefault()
        ?? Manifests.FirstOrDefault(entry => !entry.IsAttestation && entry.Platform is null && !Oci.MediaType.IsIndex(entry.MediaType));

    /// <summary>The entries that are somebody's image by their words: no attestations, no further indexes.</summary>
    public IEnumerable<Descriptor> Offered => Manifests.Where(IsImage);

    /// <summary>The platforms on offer, for a message.</summary>
    public IEnumerable<Platform> Platforms => Offered.Select(entry => entry.Platform!);

    private static bool IsImage(Descriptor entry) =>
        !entry.IsAttestation && entry.Platform is { } platform && platform.Os != "unknown"
        && !(entry.MediaType.Length > 0 && Oci.MediaType.IsIndex(entry.MediaType));
}
