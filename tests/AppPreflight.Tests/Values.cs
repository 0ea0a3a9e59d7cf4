using System.Text;
using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight;

/// <summary>Makers of images as values, named by what is wrong with them. One base layer, two layers of their own.</summary>
internal static class Values
{
    public const string Name = "example.org/kelvin:2.0.0";

    public static Digest DigestOf(string text) => Digest.Of(Encoding.UTF8.GetBytes(text));

    public static DiffId Diff(string text) => new(DigestOf("tar " + text));

    public static ImageRequirement Wanted(string name = Name) => new(ImageReference.Parse(name), ["2.0.0"]);

    /// <param name="seed">Other seeds give other images; the base layer is the same.</param>
    public static ServedImage Served(string seed = "kelvin", bool proven = true, Func<ServedLayer, ServedLayer>? spoilLast = null, Platform? platform = null)
    {
        string[] names = ["base", seed + " 1", seed + " 2"];
        var descriptors = names.Select(name => new Descriptor(MediaType.DockerLayerGzip, DigestOf(name), 1000)).ToList();
        var layers = descriptors.Zip(names).Select(pair => new ServedLayer(pair.First, Diff(pair.Second))
        {
            AnnouncedBytes = proven ? null : 1000,
            Proof = proven ? new(pair.First.Digest, 1000, Diff(pair.Second), 3000) : null,
        }).ToList();
        if (spoilLast is not null) layers[^1] = spoilLast(layers[^1]);
        var manifest = Document.Served(seed);
        return new()
        {
            Reference = ImageReference.Parse(Name),
            Root = manifest,
            ManifestBytes = manifest,
            Manifest = new(MediaType.DockerManifest, new(MediaType.DockerConfig, DigestOf("config " + seed), 100), descriptors),
            Config = new(platform ?? new("linux", "amd64"), [.. names.Select(Diff)]),
            Layers = layers,
        };
    }

    /// <summary>Layers as a sound store has them.</summary>
    public static IReadOnlyList<StoredLayer> Read(IReadOnlyList<DiffId> diffIds) =>
        [.. diffIds.Zip(ChainId.AllOf(diffIds), (id, chain) => new StoredLayer(id, chain) { Observed = id.Value, SizeBytes = 3000 })];

    public static StoredImage Stored(string seed = "kelvin", string name = Name, bool? sound = null, int firstDamaged = 2, string? usedBy = null)
    {
        DiffId[] diffIds = [Diff("base"), Diff(seed + " 1"), Diff(seed + " 2")];
        return new()
        {
            Id = DigestOf("config " + seed),
            Tags = [name],
            RepoDigests = [$"{ImageReference.Parse(name).Name}@{Document.Served(seed).Digest}"],
            DiffIds = diffIds,
            Platform = new("linux", "amd64"),
            SizeBytes = 9000,
            InUseBy = usedBy is null ? [] : [new("c1", usedBy, IsRunning: true)],
            Content = sound is null ? null : new()
            {
                Config = DigestOf("config " + seed),
                Layers = [.. Read(diffIds).Select((layer, i) => sound == false && i >= firstDamaged ? layer with { Observed = Diff("rot").Value } : layer)],
                HashedBytes = 9000,
            },
        };
    }

    public static EngineState Engine(params StoredImage[] images) => new()
    {
        Version = "20.10.24",
        Platform = new("linux", "amd64"),
        Driver = "overlay2",
        DataRoot = "/var/lib/docker",
        FreeBytes = 1L << 30,
        Images = images,
    };

    public static ImageObservation Seen(ServedImage? served, StoredImage? stored, SourceFault? fault = null, string name = Name) =>
        new(Wanted(name)) { Served = served, Stored = stored, ServedFault = fault };

    private static class Document
    {
        public static Served Served(string seed) => global::AppPreflight.Oci.Served.Of(Encoding.UTF8.GetBytes("manifest " + seed), MediaType.DockerManifest);
    }
}
