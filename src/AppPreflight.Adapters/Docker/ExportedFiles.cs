using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.Docker;

/// <summary>One file of an export as digested. <paramref name="Unpacked"/>: of what it unpacks to, the same where it is not packed; null when that can't be told.</summary>
internal sealed record ExportedFile(Digest Digest, Digest? Unpacked, long SizeBytes);

/// <summary>All files of an export by path, its links, and its table of contents: enough to put the layers in order.</summary>
internal sealed class ExportedFiles
{
    // a link that leads to a link that leads ... : the engine makes one step
    private const int MaxLinkSteps = 4;

    /// <summary>Where OCI's layout has its blobs, each named by its digest.</summary>
    public const string BlobFolder = "blobs/sha256/";

    private readonly Dictionary<string, ExportedFile> files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> links = new(StringComparer.Ordinal);

    public IReadOnlyList<ArchivedImage> Images { get; set; } = [];

    /// <exception cref="InvalidDataException">The path is there already.</exception>
    public void Add(string path, ExportedFile file)
    {
        if (!files.TryAdd(path, file) || links.ContainsKey(path)) throw Twice(path);
    }

    /// <summary>The engine writes a layer that occurs twice in an image once, and a link in the other's place.</summary>
    public void AddLink(string path, string target)
    {
        if (!links.TryAdd(path, Resolve(path, target)) || files.ContainsKey(path)) throw Twice(path);
    }

    /// <summary>Config and layers of the image whose layers are <paramref name="claimed"/>; of the first image when none fits.</summary>
    public StoredContent Content(IReadOnlyList<DiffId> claimed)
    {
        var contents = Images.Select(image => Content(image, claimed)).ToList();
        if (contents.Count == 0) return new() { Fault = Wrong("names no image") };
        var content = contents.Find(candidate => candidate.Layers.Select(layer => layer.Observed).SequenceEqual(claimed.Select(layer => layer.Value))) ?? contents[0];
        return content.Fault is null ? content with { Fault = MisnamedBlob() } : content;
    }

    private static string Resolve(string link, string target)
    {
        var parts = new List<string>(link.Split('/')[..^1]);
        foreach (var part in target.Split('/'))
        {
            if (part == ".." && parts.Count > 0) parts.RemoveAt(parts.Count - 1);
            else if (part is not ("." or "" or "..")) parts.Add(part);
        }

        return string.Join('/', parts);
    }

    private static SourceFault Wrong(string what) => new(Source.Engine, Fault.Malformed, $"the engine's export {what}");

    private static InvalidDataException Twice(string path) => new($"'{Quote.Short(path)}' is in there twice");

    private StoredContent Content(ArchivedImage image, IReadOnlyList<DiffId> claimed)
    {
        var layers = new List<StoredLayer>();
        var chains = ChainId.AllOf(claimed);
        var content = new StoredContent { Config = Find(image.Config)?.Digest, Layers = layers };
        if (content.Config is null) return content with { Fault = Wrong("lacks the configuration it names") };
        foreach (var (i, path) in (image.Layers ?? []).Index())
        {
            if (Find(path) is not { } layer) return content with { Fault = Wrong($"lacks a layer it names, '{Quote.Short(path ?? "")}'") };
            if (layer.Unpacked is not { } unpacked) return content with { Fault = Packed(layer) };
            // one more than the image has stands for itself: the count tells
            var (diffId, chain) = i < claimed.Count ? (claimed[i], chains[i]) : (new(unpacked), new(unpacked));
            layers.Add(new(diffId, chain) { Observed = unpacked, SizeBytes = layer.SizeBytes });
        }

        return content;
    }

    private static SourceFault Packed(ExportedFile layer) =>
        new(Source.Engine, Fault.Unsupported, $"the layer {layer.Digest.Short} of the engine's export can't be unpacked here")
        {
            Subject = layer.Digest.ToString(),
        };

    private ExportedFile? Find(string? path)
    {
        for (var step = 0; path is not null && step < MaxLinkSteps; step++)
        {
            if (files.TryGetValue(path, out var file)) return file;
            path = links.GetValueOrDefault(path);
        }

        return null;
    }

    // OCI layout: a blob's name is its digest (OCI image-spec v1.1, image-layout.md)
    private SourceFault? MisnamedBlob()
    {
        foreach (var (path, file) in files)
        {
            if (!path.StartsWith(BlobFolder, StringComparison.Ordinal) || path.AsSpan(BlobFolder.Length).SequenceEqual(file.Digest.Hex)) continue;
            var name = "sha256:" + path[BlobFolder.Length..];
            return new(Source.Engine, Fault.Corrupt, $"the engine's blob {Quote.Short(name)} holds other bytes: they have the digest {file.Digest}")
            {
                Subject = name,
                Expected = name,
                Observed = file.Digest.ToString(),
            };
        }

        return null;
    }
}
