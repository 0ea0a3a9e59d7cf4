using AppPreflight.Archive;
using AppPreflight.Images;

namespace AppPreflight.LayerStore;

/// <summary>Extended attributes of a file of a layer, against those that were pulled.</summary>
/// <remarks>
/// Only what an image can bring counts: user.* and file capabilities. Labels of the host's own policy (security.selinux, IMA, ACLs a
/// folder hands down) and overlay's book-keeping are not the image's.
/// </remarks>
[System.Runtime.CompilerServices.SkipLocalsInit]
internal static class FileAttributes
{
    private const int MostBytes = 64 << 10; // XATTR_LIST_MAX and XATTR_SIZE_MAX of Linux

    private static readonly byte[] Opaque = "trusted.overlay.opaque"u8.ToArray();

    /// <summary>Whether this process sees trusted.*: only with CAP_SYS_ADMIN, and without it they seem absent.</summary>
    public static bool SeesTrusted => OwnRights.SeesTrusted;

    /// <param name="isBuiltInPlace">More user attributes than the tar has are no damage.</param>
    public static void Compare(LayerNode node, Folder folder, bool isBuiltInPlace, DamageList damages)
    {
        Span<byte> path = stackalloc byte[4200];
        var length = folder.PathTo(node.Name, path);
        if (length == 0) return;
        path = path[..length];
        var found = NamesAt(path);
        if (found is null) return; // a file system without them
        var inode = node.Inode;
        foreach (var wanted in inode.Xattrs.Where(wanted => Counts(wanted.Name, node.Kind)))
        {
            var value = found.Exists(name => name.AsSpan().SequenceEqual(wanted.Name)) ? ValueAt(path, wanted.Name) : null;
            if (!wanted.Value.AsSpan().SequenceEqual(value) || value is null) Add(damages, node, wanted.Name, wanted.Value, value);
        }

        foreach (var name in found.Where(name => Counts(name, node.Kind) && !(isBuiltInPlace && name.AsSpan().StartsWith("user."u8)) && !inode.Xattrs.Any(wanted => wanted.Name.AsSpan().SequenceEqual(name))))
            Add(damages, node, name, null, ValueAt(path, name));
        if (node.Kind is NodeKind.Directory or NodeKind.ImplicitDirectory && SeesTrusted) CompareOpaque(node, path, found, damages);
    }

    /// <summary>Of the layer's own root only the opaque mark is the image's: its header is never applied.</summary>
    public static void CompareRoot(LayerNode root, Folder folder, DamageList damages)
    {
        Span<byte> path = stackalloc byte[64];
        var length = folder.PathTo("."u8, path);
        if (length == 0 || !SeesTrusted) return;
        if (NamesAt(path[..length]) is { } found) CompareOpaque(root, path[..length], found, damages);
    }

    // pkg/archive, overlayWhiteoutConverter: ".wh..wh..opq" becomes this attribute of its folder
    private static void CompareOpaque(LayerNode node, ReadOnlySpan<byte> path, List<byte[]> found, DamageList damages)
    {
        var isOpaque = found.Exists(name => name.AsSpan().SequenceEqual(Opaque)) && ValueAt(path, Opaque) is [(byte)'y'];
        if (isOpaque == node.Inode.Opaque) return;
        if (node.Inode.Opaque) damages.Add(DamageKind.Whiteout, node.Path.ToString(), "trusted.overlay.opaque=y");
        else Add(damages, node, Opaque, null, "y"u8.ToArray());
    }

    private static bool Counts(ReadOnlySpan<byte> name, NodeKind kind) => name.StartsWith("user."u8)
        // xattr(7): nothing else may have them, and the engine passes over what the kernel refuses
        ? kind is NodeKind.File or NodeKind.Directory or NodeKind.ImplicitDirectory
        : name.SequenceEqual("security.capability"u8);

    private static List<byte[]>? NamesAt(ReadOnlySpan<byte> path)
    {
        Span<byte> few = stackalloc byte[512];
        var count = SystemCalls.AttributesOf(path, few);
        if (count >= 0) return Split(few[..count]);
        if (count == SystemCalls.NotSupported) return null;
        var many = new byte[MostBytes];
        count = SystemCalls.AttributesOf(path, many);
        return count >= 0 ? Split(many.AsSpan(0, count)) : throw new IOException($"attributes can't be listed (errno {-count})");
    }

    private static List<byte[]> Split(ReadOnlySpan<byte> names)
    {
        var all = new List<byte[]>();
        while (!names.IsEmpty)
        {
            var end = names.IndexOf((byte)0);
            all.Add(names[..end].ToArray());
            names = names[(end + 1)..];
        }

        return all;
    }

    private static byte[]? ValueAt(ReadOnlySpan<byte> path, byte[] name)
    {
        var value = new byte[MostBytes];
        var count = SystemCalls.AttributeOf(path, [.. name, 0], value);
        return count < 0 ? null : value[..count];
    }

    private static void Add(DamageList damages, LayerNode node, byte[] name, byte[]? expected, byte[]? observed) =>
        damages.Add(DamageKind.Xattr, node.Path.ToString(), Shown(name, expected), Shown(name, observed));

    private static string? Shown(byte[] name, byte[]? value)
    {
        const int shown = 64;
        return value is null ? null : $"{LayerPath.Show(name)}={Convert.ToHexStringLower(value.AsSpan(0, Math.Min(value.Length, shown)))}";
    }
}
