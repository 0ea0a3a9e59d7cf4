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
        var root = await ReadManifestAsync(reference, reference.Target, reference.Digest, null, reference.ToString(), ask, cancellationToken);
        var chosen = root;
        if (MediaType.IsIndex(KindOf(root.Served, reference)))
        {
            var entry = Choose(root.Served, platform, reference);
            chosen = await ReadManifestAsync(reference, entry.Digest.ToString(), entry.Digest, entry.SizeBytes, entry.Digest.ToString(), ask, cancellationToken);
        }

        var manifest = ReadManifest(chosen.Served, reference);
        var (config, contradiction) = await ReadConfigOrBlameAsync(reference, manifest, ask, cancellationToken);
        return new ServedImage
        {
            Reference = reference,
            Root = root.Served,
            ManifestBytes = chosen.Served,
            Manifest = manifest,
            Config = config,
            Contradictions = [.. new[] { root.Contradiction, ReferenceEquals(chosen, root) ? null : chosen.Contradiction, contradiction }.OfType<SourceFault>()],
        };
    }

    private async Task<Document> ReadManifestAsync(
        ImageReference reference, string target, Digest? promised, long? sizeBytes, string subject, Func<Question, Task<Answer>> ask, CancellationToken cancellationToken)
    {
        using var answer = await ask(Question.Manifest(reference, target, subject));
        return await documents.ReadAsync(answer, subject, ImageManifest.MaxBytes, promised, sizeBytes, cancellationToken);
    }

    private static Descriptor Choose(Served index, Platform platform, ImageReference reference)
    {
        var parsed = Parse(() => ImageIndex.Parse(index), reference.ToString(), reference);
        return parsed.Select(platform) ?? throw Blame.Of(Source.Registry, Fault.Refused, reference.ToString(),
            $"{reference} has no image for {platform}, only for {Quote.Short(string.Join(", ", parsed.Platforms))}");
    }

    private static ImageManifest ReadManifest(Served served, ImageReference reference)
    {
        var kind = KindOf(served, reference);
        if (MediaType.IsSchema1(kind))
            throw Blame.Of(Source.Registry, Fault.Unsupported, reference.ToString(), $"{reference} is served as a manifest of schema 1 ({kind}), which has no config to prove; it has to be pushed again by a newer tool");
        if (!MediaType.IsManifest(kind))
            throw Blame.Of(Source.Registry, Fault.Unsupported, reference.ToString(), $"{reference} is served as '{Quote.Short(kind, 100)}', which is no image manifest");
        return Parse(() => ImageManifest.Parse(served), served.Digest.ToString(), reference);
    }

    private async Task<(ImageConfig Config, SourceFault? Contradiction)> ReadConfigOrBlameAsync(
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

    private async Task<(ImageConfig Config, SourceFault? Contradiction)> ReadConfigAsync(
        ImageReference reference, ImageManifest manifest, Func<Question, Task<Answer>> ask, CancellationToken cancellationToken)
    {
        var (type, digest, sizeBytes) = manifest.Config;
        if (!ConfigTypes.Contains(type))
            throw Blame.Of(Source.Registry, Fault.Unsupported, reference.ToString(), $"{reference} has a config of type '{Quote.Short(type, 100)}': it is no container image");
        if (sizeBytes > ImageConfig.MaxBytes)
            throw Blame.Of(Source.Registry, Fault.Malformed, digest.ToString(), $"the config of {reference} claims {sizeBytes} bytes, more than the {ImageConfig.MaxBytes >> 20} MiB an engine reads");
        using var answer = await ask(Question.Blob(HttpMethod.Get, reference, digest));
        var document = await documents.ReadAsync(answer, digest.ToString(), ImageConfig.MaxBytes, digest, sizeBytes, cancellationToken);
        var config = Parse(() => ImageConfig.Parse(document.Served.Bytes), digest.ToString(), reference);
        if (config.DiffIds.Count != manifest.Layers.Count)
            throw Blame.Of(Source.Registry, Fault.Malformed, digest.ToString(), $"{reference} has {manifest.Layers.Count} layers in its manifest and {config.DiffIds.Count} in its config");
        return (config, document.Contradiction);
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
