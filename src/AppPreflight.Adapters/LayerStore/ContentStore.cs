using System.Text;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Ports;

namespace AppPreflight.LayerStore;

/// <summary>The blobs of a containerd, one file each under its digest: <c>blobs/sha256/HEX</c>.</summary>
/// <remarks>Source: containerd plugins/content/local/store.go, blobPath.</remarks>
internal sealed class ContentStore : IDisposable
{
    private const string Plugin = "io.containerd.content.v1.content";
    private static readonly string[] Algorithms = ["sha256", "sha512"];

    private readonly Folder root;
    private readonly Dictionary<string, Folder> algorithms = new(StringComparer.Ordinal);

    private ContentStore(Folder root)
    {
        this.root = root;
        try
        {
            foreach (var algorithm in Algorithms)
            {
                if (root.TryOpen($"blobs/{algorithm}") is { } folder) algorithms[algorithm] = folder;
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Where the containerd of an engine may keep its blobs: one that the engine started itself, or the system's own.</summary>
    /// <remarks>
    /// Sources: moby cmd/dockerd, initializeContainerd (the system's where there is one, else its own below the data root) with
    /// libcontainerd/supervisor, Start (which adds <c>daemon</c>); containerd defaults/defaults_unix.go, DefaultRootDir.
    /// </remarks>
    public static IReadOnlyList<string> PlacesOf(string dataRoot) =>
        [Path.Combine(dataRoot, "containerd/daemon", Plugin), Path.Combine("/var/lib/containerd", Plugin)];

    /// <summary>The one of these folders that holds blobs of such ids.</summary>
    /// <exception cref="SourceException">Denied. Missing: none does. Unsupported: more than one does, and a copy that the engine left behind proves nothing.</exception>
    public static ContentStore Open(IReadOnlyList<string> places, IReadOnlyCollection<Digest> ids)
    {
        var found = new List<ContentStore>();
        try
        {
            foreach (var place in places)
            {
                if (TryOpen(place) is not { } store) continue;
                found.Add(store);
                if (!ids.Any(store.Has)) Drop(found);
            }

            if (found.Count > 1) throw new SourceException(Source.Engine, Fault.Unsupported, "two containerd stores of this host hold the engine's images, and which of them it uses can't be told");
            if (found.Count == 0) throw new SourceException(Source.Engine, Fault.Missing, $"none of the containerd stores looked for on this host holds the engine's images ({Quote.Short(string.Join(", ", places))})");
            return found[0];
        }
        catch
        {
            foreach (var store in found) store.Dispose();
            throw;
        }
    }

    /// <summary>How a blob's file is called in messages.</summary>
    public static string PathOf(Digest digest) => $"blobs/{digest.Algorithm}/{digest.Hex}";

    /// <summary>What stands under the blob's name, a link as such.</summary>
    /// <returns>Null when nothing does.</returns>
    /// <exception cref="SourceException">Denied.</exception>
    public FileType? TypeOf(Digest digest) =>
        algorithms.TryGetValue(digest.Algorithm, out var folder) && folder.StatusOf(Encoding.ASCII.GetBytes(digest.Hex), out var status) == 0
            ? status.Type
            : null;

    /// <returns>Null when it is not there or no file.</returns>
    /// <exception cref="SourceException">Denied.</exception>
    public FileDescriptorStream? TryReadable(Digest digest, bool isFromMedium) =>
        TypeOf(digest) == FileType.Regular ? algorithms[digest.Algorithm].TryReadable(digest.Hex, isFromMedium) : null;

    /// <exception cref="SourceException">The file system can't be synced.</exception>
    public void Sync() => root.Sync();

    public void Dispose()
    {
        foreach (var folder in algorithms.Values) folder.Dispose();
        root.Dispose();
    }

    private bool Has(Digest digest) => TypeOf(digest) is not null;

    /// <returns>Null when there is no such store.</returns>
    /// <exception cref="SourceException">Denied.</exception>
    public static ContentStore? TryOpen(string place)
    {
        Folder folder;
        try
        {
            folder = Folder.Open(place);
        }
        catch (SourceException e) when (e.Fault == Fault.Missing)
        {
            return null;
        }

        return new(folder);
    }

    private static void Drop(List<ContentStore> stores)
    {
        stores[^1].Dispose();
        stores.RemoveAt(stores.Count - 1);
    }
}
