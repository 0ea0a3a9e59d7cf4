using System.Text.Json;
using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.LayerStore;

/// <summary>The engine's own copies of manifests, in the blobs of its containerd. It hashes them only when it is asked for a digest.</summary>
/// <remarks>
/// Sources: moby v20.10 distribution/manifest.go, getLocal: what can't be parsed is fetched from the registry after all; containerd
/// content/proxy: as many bytes are read as the blob had when it was written.
/// </remarks>
internal sealed class CachedManifests : IDisposable
{
    private const int Deepest = 1000;

    private readonly List<(string Place, ContentStore Store)> stores = [];

    /// <exception cref="Ports.SourceException">Denied.</exception>
    public CachedManifests(string dataRoot)
    {
        try
        {
            foreach (var place in ContentStore.PlacesOf(dataRoot))
            {
                if (ContentStore.TryOpen(place) is { } store) stores.Add((place, store));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public IEnumerable<TableDamage> Look(PullLookup image) => image.Documents.Select(document => Look(image, document)).OfType<TableDamage>();

    public void Dispose() => stores.ForEach(opened => opened.Store.Dispose());

    // which of two containerds the engine asks can't be told: one that has it right is believed to be the one
    private TableDamage? Look(PullLookup image, Descriptor document)
    {
        var copies = stores.Select(opened => (opened.Place, Bytes: Read(opened.Store, document))).Where(copy => copy.Bytes is not null).ToList();
        if (copies.Count == 0 || !copies.TrueForAll(copy => IsBelieved(copy.Bytes!, document))) return null;
        return new(TableDamageKind.CachedManifest, image.Image, Path.Combine(copies[0].Place, ContentStore.PathOf(document.Digest)))
        { Blob = document.Digest, Expected = document.Digest.ToString(), Observed = Digest.Of(copies[0].Bytes, document.Digest).ToString() };
    }

    private static byte[]? Read(ContentStore store, Descriptor document)
    {
        using var file = store.TryReadable(document.Digest, isFromMedium: false);
        if (file is null || document.SizeBytes is < 0 or > ImageManifest.MaxBytes) return null;
        var buffer = new byte[document.SizeBytes];
        try
        {
            return buffer[..file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false)];
        }
        catch (IOException)
        {
            // the engine asks the registry then
            return null;
        }
    }

    /// <summary>Wrong, and yet something that the engine would act on.</summary>
    private static bool IsBelieved(byte[] bytes, Descriptor document) =>
        Digest.Of(bytes, document.Digest) != document.Digest && IsOfType(bytes, document.MediaType);

    private static bool IsOfType(byte[] bytes, string mediaType)
    {
        // Go takes bytes in a string that are no UTF-8; this parser does not
        var text = Array.ConvertAll(bytes, letter => letter < 0x80 ? letter : (byte)'?');
        try
        {
            using var json = JsonDocument.Parse(text, new() { MaxDepth = Deepest });
            if (json.RootElement.ValueKind != JsonValueKind.Object) return false;
            return !json.RootElement.TryGetProperty("mediaType", out var named) || named.ValueKind == JsonValueKind.String && named.GetString() == mediaType;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }
}
