using AppPreflight.Oci;

namespace AppPreflight.Images;

/// <summary>What a layer says of one path.</summary>
/// <remarks>ImplicitDirectory: made for a child, no header says its mode or owner. Whiteout: what lower layers have at this path is hidden.</remarks>
public enum LayerFileKind
{
    Directory,
    ImplicitDirectory,
    File,
    Symlink,
    Whiteout,
    CharDevice,
    BlockDevice,
    Fifo,
}

/// <summary>One path of a layer as an engine would unpack it.</summary>
/// <param name="Path">From the layer's root, without a leading slash; empty for the root. Bytes that are no plain text are escaped, so that no two paths look the same.</param>
public sealed record LayerFile(string Path, LayerFileKind Kind)
{
    /// <summary>Permission and set-id bits; without meaning for symlinks, whiteouts and implicit directories.</summary>
    public int Mode { get; init; }

    public uint Uid { get; init; }

    public uint Gid { get; init; }

    /// <summary>Bytes of a file; 0 for all else.</summary>
    public long SizeBytes { get; init; }

    /// <summary>Of a file.</summary>
    public Digest? Content { get; init; }

    /// <summary>Of a symlink, escaped as a path is.</summary>
    public string Target { get; init; } = "";

    public int DevMajor { get; init; }

    public int DevMinor { get; init; }

    /// <summary>Extended attributes, "name=hex" in order of their names, joined by spaces.</summary>
    public string Attributes { get; init; } = "";

    /// <summary>A directory in which nothing of lower layers shows.</summary>
    public bool IsOpaque { get; init; }

    /// <summary>Of a file with several paths in this layer: the first of them in ordinal order; else null.</summary>
    public string? LinkedTo { get; init; }

    /// <summary>What makes no difference to whoever uses the file.</summary>
    public FileStamp Stamp { get; init; } = FileStamp.None;

    /// <summary>The same to whoever uses it: all but the stamp.</summary>
    public bool IsLike(LayerFile other) => this with { Stamp = FileStamp.None } == other with { Stamp = FileStamp.None };
}

/// <summary>When a file was changed, what its owners are called, and as which of the tar's entries it comes.</summary>
/// <param name="Seconds">Since 1970, UTC.</param>
public sealed record FileStamp(long Seconds, int Nanoseconds, string UserName, string GroupName, int Place)
{
    public static readonly FileStamp None = new(0, 0, "", "", 0);
}

/// <summary>All paths of one layer, in ordinal order, from bytes that were hashed as they came.</summary>
/// <param name="Layer">Which of the image's layers, from 0, base first.</param>
public sealed record LayerFiles(int Layer, DiffId DiffId, IReadOnlyList<LayerFile> Files)
{
    /// <summary>Bytes read for it, as they were packed.</summary>
    public long ReadBytes { get; init; }

    /// <summary>Why its files can't be told, one sentence, although its bytes are as promised (a sparse file); else null.</summary>
    public string? Untold { get; init; }
}
