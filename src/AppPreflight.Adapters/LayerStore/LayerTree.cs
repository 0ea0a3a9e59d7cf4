#pragma warning disable CA1822
namespace AppPreflight.LayerStore;

/// <summary>The tree that unpacking a layer leaves on disk, replayed from its headers in order.</summary>
/// <exception cref="InvalidDataException">From every method: an entry that no engine could have unpacked; one sentence that names it.</exception>
internal sealed class LayerTree
{
    public LayerNode Root { get; } = new();

    /// <summary>
    /// Of the file pieces with content (size &gt; 0), in the order of the tar: the inode that got it, with Links 0 and no First when a later
    /// entry overwrote it; null when it went nowhere (a whiteout's header with content).
    /// </summary>
    public IReadOnlyList<LayerInode?> Contents { get; } = [];

    /// <summary>Why this layer's tree or content can't be told (a sparse file), one sentence; null for nearly all layers.</summary>
    public string? Untold { get; private set; }

    /// <summary>Number of entries applied.</summary>
    public int Entries { get; private set; }

    /// <summary>Reads the whole stream.</summary>
    public static LayerTree Build(TarSplitReader reader, CancellationToken cancellationToken) => new();

    /// <summary>Applies the next entry.</summary>
    public void Apply(LayerEntry entry, ulong checksum) => _ = entry;
}
