using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Ports;

namespace AppPreflight.Registry;

/// <summary>From a reference to the config of the image that an engine of one platform would take.</summary>
internal sealed class ImageResolver(DocumentReader documents)
{
    // what the engine takes for an image config besides the two proper kinds (moby distribution/registry.go, ImageTypes)
    private static readonly HashSet<string> ConfigTypes = new(StringComparer.Ordinal)
    {
        MediaType.DockerConfig, MediaType.OciConfig, "application/octet-stream", "application/json", "text/html", "",
    };

    public async Task<ServedImage> ResolveAsync(
        ImageReference reference, Platform platform, Func<Question, Task<Answer>> ask, CancellationToken cancellationToken)
    {
        var (root, chosen) = await ChooseAsync(reference, index => Choose(index, platform, reference), ask, cancellationToken);
        var manifest = ReadManifest(chosen.Served, reference);
        var (config, document) = await ReadConfigOrBlameAsync(reference, manifest, ask, cancellationToken);
        return new ServedImage
        {
            Reference = reference,
            Root = root.Served,
            ManifestBytes = chosen.Served,
            Manifest = manifest,
            Config = config,
            Contradictions = [.. new[] { root.Contradiction, ReferenceEquals(chosen, root) ? null : chosen.Contradiction, document.Contradiction }.OfType<SourceFault>()],
        };
    }

    /// <summary>The same for whoever compares: all documents, also of another platform, also of schema 1.</summary>
    public async Task<ImageForm> DescribeAsync(
        string name, ImageReference reference, Platform platform, Func<Question, Task<Answer>> ask, CancellationToken cancellationToken)
    {
        var (root, chosen) = await ChooseAsync(
            reference, index => index.Select(platform) ?? index.First ?? Choose(index, platform, reference), ask, cancellationToken);
        var found = new ImageForm(name, ImagePlace.Registry)
        {
            Root = root.Served,
            Index = ReferenceEquals(chosen, root) ? null : ReadIndex(root.Served, reference),
            ManifestBytes = chosen.Served,
            Config = new(platform, []),
        };
        if (MediaType.IsSchema1(KindOf(chosen.Served, reference)))
            return Describe(found, Parse(() => Schema1Manifest.Parse(chosen.Served), chosen.Served.Digest.ToString(), reference));
        var manifest = ReadManifest(chosen.Served, reference);
        var (config, document) = await ReadConfigOrBlameAsync(reference, manifest, ask, cancellationToken);
        return found with
        {
            Manifest = manifest,
            ManifestFields = Parse(() => ManifestFields.Of(chosen.Served), chosen.Served.Digest.ToString(), reference),
            ConfigDigest = manifest.Config.Digest,
            Config = Parse(() => ConfigDetails.Parse(document.Served.Bytes), manifest.Config.Digest.ToString(), reference),
            Layers = [.. manifest.Layers.Zip(config.DiffIds, (layer, diffId) => new FormLayer(layer, diffId))],
        };
    }

    // an engine makes no layer of a throwaway (moby distribution/pull_v2.go, pullSchema1)
    private static ImageForm Describe(ImageForm found, Schema1Manifest schema1) => found with
    {
        Schema1 = schema1,
        Config = schema1.Config,
        Layers = [.. schema1.Layers.Where(layer => !layer.IsThrowaway).Select(FormLayer.Of)],
    };

    private async Task<(Document Root, Document Chosen)> ChooseAsync(
        ImageReference reference, Func<ImageIndex, Descriptor> choose, Func<Question, Task<Answer>> ask, CancellationToken cancellationToken)
    {
        var root = await ReadManifestAsync(reference, reference.Target, reference.Digest, null, reference.ToString(), ask, cancellationToken);
        if (!MediaType.IsIndex(KindOf(root.Served, reference))) return (root, root);
        var entry = choose(ReadIndex(root.Served, reference));
        return (root, await ReadManifestAsync(reference, entry.Digest.ToString(), entry.Digest, entry.SizeBytes, entry.Digest.ToString(), ask, cancellationToken));
    }

    private async Task<Document> ReadManifestAsync(
        ImageReference reference, string target, Digest? promised, long? sizeBytes, string subject, Func<Question, Task<Answer>> ask, CancellationToken cancellationToken)
    {
        using var answer = await ask(Question.Manifest(reference, target, subject));
        return await documents.ReadAsync(answer, subject, ImageManifest.MaxBytes, true, promised, sizeBytes, cancellationToken);
    }

    private static ImageIndex ReadIndex(Served index, ImageReference reference) => Parse(() => ImageIndex.Parse(index), reference.ToString(), reference);

    private static Descriptor Choose(ImageIndex index, Platform platform, ImageReference reference) =>
        index.Select(platform) ?? throw Blame.Of(Source.Registry, Fault.Refused, reference.ToString(),
            $"{reference} has no image for {platform}, only for {Quote.Short(string.Join(", ", index.Platforms))}");

    private static ImageManifest ReadManifest(Served served, ImageReference reference)
    {
        var kind = KindOf(served, reference);
        if (MediaType.IsSchema1(kind))
            throw Blame.Of(Source.Registry, Fault.Unsupported, reference.ToString(), $"{reference} is served as a manifest of schema 1 ({kind}), which has no config to prove; it has to be pushed again by a newer tool");
        if (!MediaType.IsManifest(kind))
            throw Blame.Of(Source.Registry, Fault.Unsupported, reference.ToString(), $"{reference} is served as '{Quote.Short(kind, 100)}', which is no image manifest");
        return Parse(() => ImageManifest.Parse(served), served.Digest.ToString(), reference);
    }

    private async Task<(ImageConfig Config, Document Document)> ReadConfigOrBlameAsync(
        ImageReference reference, ImageManifest manifest, Func<Question, Task<Answer>> ask, CancellationToken cancellationToken)
    {
        try
        {
            return await ReadConfigAsync(reference, manifest, ask, cancellationToken);
        }
        catch (SourceException e)
        {
            throw new SourceException(e.What with { Part = ImagePart.Config }, e);
        }
    }

    private async Task<(ImageConfig Config, Document Document)> ReadConfigAsync(
        ImageReference reference, ImageManifest manifest, Func<Question, Task<Answer>> ask, CancellationToken cancellationToken)
    {
        var (type, digest, sizeBytes) = manifest.Config;
        if (!ConfigTypes.Contains(type))
            throw Blame.Of(Source.Registry, Fault.Unsupported, reference.ToString(), $"{reference} has a config of type '{Quote.Short(type, 100)}': it is no container image");
        if (sizeBytes > ImageConfig.MaxBytes)
            throw Blame.Of(Source.Registry, Fault.Malformed, digest.ToString(), $"the config of {reference} claims {sizeBytes} bytes, more than the {ImageConfig.MaxBytes >> 20} MiB an engine reads");
        using var answer = await ask(Question.Blob(HttpMethod.Get, reference, digest));
        var document = await documents.ReadAsync(answer, digest.ToString(), ImageConfig.MaxBytes, false, digest, sizeBytes, cancellationToken);
        var config = Parse(() => ImageConfig.Parse(document.Served.Bytes), digest.ToString(), reference);
        if (config.DiffIds.Count != manifest.Layers.Count)
            throw Blame.Of(Source.Registry, Fault.Malformed, digest.ToString(), $"{reference} has {manifest.Layers.Count} layers in its manifest and {config.DiffIds.Count} in its config");
        return (config, document);
    }

    private static string KindOf(Served served, ImageReference reference) =>
        Parse(() => ImageManifest.KindOf(served), reference.ToString(), reference);

    private static T Parse<T>(Func<T> read, string subject, ImageReference reference)
    {
        try
        {
            return read();
        }
        catch (FormatException e)
        {
            throw Blame.Of(Source.Registry, Fault.Malformed, subject, $"what is served for {reference} cannot be read: {e.Message}", e);
        }
    }
}
