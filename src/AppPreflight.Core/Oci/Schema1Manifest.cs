using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace AppPreflight.Oci;

/// <summary>One layer of a schema 1 manifest and the image it used to be.</summary>
/// <param name="Digest">blobSum: of the packed bytes.</param>
/// <param name="Id">v1Compatibility's id: 64 hex digits, made up by whoever wrote the manifest.</param>
/// <param name="IsThrowaway">It changed no file: engines take no layer for it.</param>
public sealed record Schema1Layer(Digest Digest, string Id, bool IsThrowaway)
{
    /// <summary>What all of them name where a step changed no file: the gzip of an empty tar (distribution manifest/schema1, GzippedEmptyTar).</summary>
    public static readonly Digest EmptyBlob = Digest.Parse("sha256:a3ed95caeb02ffe68cdd9fd84406680ae93d633cb16422d00e8a7c22955b46d4");

    /// <summary>And what it unpacks to: 1024 zeros.</summary>
    public static readonly DiffId EmptyTar = new(Digest.Parse("sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"));

    public string? Parent { get; init; }

    public HistoryEntry History { get; init; } = new("", false);
}

/// <summary>Docker's manifest before 1.10: no configuration of its own, no diff ids, and a signature inside the document.</summary>
/// <remarks>Source: distribution docs/spec/manifest-v2-1.md; signatures as libtrust writes them (a JWS whose header says what the payload's end was).</remarks>
public sealed record Schema1Manifest(string Name, string Tag, string Architecture, IReadOnlyList<Schema1Layer> Layers)
{
    private const int MaxSignatures = 100;

    /// <summary>Digest of the payload, without its signatures: what registries name the manifest by.</summary>
    public required Digest PayloadDigest { get; init; }

    public bool IsSigned { get; init; }

    /// <summary>What the topmost v1Compatibility says of the image besides, by <see cref="DocumentFields"/>.</summary>
    public IReadOnlyDictionary<string, string> Fields { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    public string? Created { get; init; }

    public string Os { get; init; } = "linux";

    public string? Variant { get; init; }

    /// <summary>As engines make a configuration of it, as far as it goes: there are no diff ids.</summary>
    public ConfigDetails Config => new(new Platform(Os, Architecture, Variant), [])
    {
        Created = Created,
        History = [.. Layers.Select(layer => layer.History)],
        Fields = Fields,
    };

    /// <returns>Layers base first, in the order of all other manifests (schema 1 has them the other way round).</returns>
    /// <exception cref="FormatException">Not a manifest of schema 1; the message names the place.</exception>
    public static Schema1Manifest Parse(Served served)
    {
        var payload = Payload(served.Bytes);
        // only what is signed counts: the words around it may be others
        return OciJson.Read(payload.Bytes, "the schema 1 manifest", ImageManifest.MaxBytes, root => Read(root, payload));
    }

    /// <summary>What a registry names these bytes by.</summary>
    /// <param name="bytes">Any document.</param>
    /// <param name="expected">Whose algorithm is taken.</param>
    /// <returns>The payload's digest; null for all but signed manifests of schema 1.</returns>
    public static Digest? PayloadDigestOf(ReadOnlyMemory<byte> bytes, Digest expected)
    {
        try
        {
            if (!MediaType.IsSchema1(ImageManifest.KindOf(Served.Of(bytes, "")))) return null;
            var (payload, isSigned) = Payload(bytes);
            return isSigned ? Digest.Of(payload.Span, expected) : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static Schema1Manifest Read(JsonElement root, (ReadOnlyMemory<byte> Bytes, bool IsSigned) payload)
    {
        var layers = root.List("fsLayers", ImageManifest.MaxLayers);
        var history = root.List("history", ImageManifest.MaxLayers);
        if (layers.Count == 0 || layers.Count != history.Count) throw new FormatException($"the schema 1 manifest has {layers.Count} fsLayers and {history.Count} history entries");
        var compatible = history.Select(Compatibility).ToList();
        return compatible[0].Read(top => new Schema1Manifest(
            root.Text("name") ?? "", root.Text("tag") ?? "", root.Text("architecture") ?? top.Text("architecture") ?? "",
            [.. layers.Zip(compatible, Layer).Reverse()])
        {
            PayloadDigest = Digest.Of(payload.Bytes.Span),
            IsSigned = payload.IsSigned,
            Created = top.Text("created"),
            Os = top.Text("os") ?? "linux",
            Variant = top.Text("variant"),
            Fields = DocumentFields.Of(top, "", IsOfImage),
        });
    }

    // what is of the layer and not of the image (moby image/v1/imagev1.go, MakeConfigFromV1Config)
    private static bool IsOfImage(string name) =>
        name is not ("id" or "parent" or "parent_id" or "layer_id" or "Size" or "throwaway" or "created" or "os" or "architecture" or "variant");

    /// <summary>The document without its signatures, byte for byte as it was signed.</summary>
    /// <exception cref="FormatException">A signature that does not say where the payload ends, or two that say different things.</exception>
    private static (ReadOnlyMemory<byte> Bytes, bool IsSigned) Payload(ReadOnlyMemory<byte> bytes) => OciJson.Read(bytes, "the schema 1 manifest", ImageManifest.MaxBytes, root =>
    {
        (long Length, byte[] Tail)? end = null;
        foreach (var signature in root.List("signatures", MaxSignatures))
        {
            var (length, tail) = End(signature);
            if (end is { } before && (before.Length != length || !before.Tail.AsSpan().SequenceEqual(tail))) throw new FormatException("the signatures of the schema 1 manifest are of different documents");
            end = (length, tail);
        }

        if (end is not { } told) return (bytes, false);
        if (told.Length > bytes.Length) throw new FormatException("the signature of the schema 1 manifest is of a longer document");
        return ((byte[])[.. bytes.Span[..(int)told.Length], .. told.Tail], true);
    });

    private static (long Length, byte[] Tail) End(JsonElement signature) =>
        OciJson.Read(Base64(signature.Text("protected")), "the signature's header", ImageManifest.MaxBytes, header =>
            (header.Number("formatLength"), Base64(header.Text("formatTail"))));

    private static byte[] Base64(string? text)
    {
        try
        {
            return Base64Url.DecodeFromChars(text ?? throw new FormatException("a signature of the schema 1 manifest is not whole"));
        }
        catch (FormatException e)
        {
            throw new FormatException("a signature of the schema 1 manifest is not base64", e);
        }
    }

    private static Document Compatibility(JsonElement entry) =>
        new(Encoding.UTF8.GetBytes(entry.Text("v1Compatibility") ?? throw new FormatException("a history entry of the schema 1 manifest has no v1Compatibility")));

    private static Schema1Layer Layer(JsonElement layer, Document compatible)
    {
        var digest = Digest.Parse(layer.Text("blobSum") ?? throw new FormatException("an fsLayer of the schema 1 manifest has no blobSum"));
        return compatible.Read(v1 =>
        {
            var command = v1.Find("container_config")?.Find("Cmd") is { ValueKind: JsonValueKind.Array } words
                ? string.Join(' ', words.EnumerateArray().Where(word => word.ValueKind == JsonValueKind.String).Select(word => word.GetString()))
                : "";
            var isThrowaway = v1.Find("throwaway")?.ValueKind == JsonValueKind.True;
            return new Schema1Layer(digest, v1.Text("id") ?? "", isThrowaway)
            {
                Parent = v1.Text("parent"),
                History = new(command, isThrowaway) { Created = v1.Text("created"), Comment = v1.Text("comment"), Author = v1.Text("author") },
            };
        });
    }

    /// <summary>A document inside the document.</summary>
    private sealed record Document(byte[] Bytes)
    {
        public T Read<T>(Func<JsonElement, T> read) => OciJson.Read(Bytes, "a v1Compatibility of the schema 1 manifest", ImageManifest.MaxBytes, read);
    }
}
