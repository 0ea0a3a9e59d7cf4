using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using AppPreflight.Archive;

namespace AppPreflight.LayerStore;

/// <summary>What really lies in a folder, in the lines of <see cref="Entries.Lines"/>.</summary>
internal static class Statx
{
    private const int NoFollow = 0x100;

    public static IReadOnlyList<string> Lines(string folder)
    {
        var lines = new List<string>();
        Walk(folder, "", lines);
        lines.Sort(StringComparer.Ordinal);
        return lines;
    }

    private static void Walk(string folder, string prefix, List<string> lines)
    {
        foreach (var path in Directory.GetFileSystemEntries(folder, "*", new EnumerationOptions { AttributesToSkip = System.IO.FileAttributes.None }))
        {
            var name = prefix + Path.GetFileName(path);
            lines.Add($"{name} {Line(path, out var isFolder)}");
            if (isFolder) Walk(path, name + "/", lines);
        }
    }

    private static string Line(string path, out bool isFolder)
    {
        var stat = new byte[256];
        if (Native.Statx(-100, Terminated(path), NoFollow, 0x7ff, stat) != 0) throw new IOException(path);
        var mode = BinaryPrimitives.ReadUInt16LittleEndian(stat.AsSpan(28));
        var owner = BinaryPrimitives.ReadUInt32LittleEndian(stat.AsSpan(20));
        var links = BinaryPrimitives.ReadUInt32LittleEndian(stat.AsSpan(16));
        var device = string.Create(CultureInfo.InvariantCulture, $"{BinaryPrimitives.ReadUInt32LittleEndian(stat.AsSpan(128))}:{BinaryPrimitives.ReadUInt32LittleEndian(stat.AsSpan(132))}");
        isFolder = (mode & 0xf000) == 0x4000;
        var bits = Convert.ToString(mode & 0xfff, 8);
        var kind = (mode & 0xf000) switch
        {
            0x4000 => $"folder {bits} {owner}",
            0x8000 => $"file {bits} {owner} {BinaryPrimitives.ReadUInt64LittleEndian(stat.AsSpan(40))}",
            0xa000 => $"symlink {owner} {new FileInfo(path).LinkTarget}",
            0x2000 => $"char {bits} {owner} {device}",
            0x6000 => $"block {bits} {owner} {device}",
            _ => $"fifo {bits} {owner}",
        };
        return $"{kind}{(isFolder || links == 1 ? "" : $" x{links}")}{Xattrs(path)}";
    }

    private static string Xattrs(string path)
    {
        var names = new byte[4096];
        var length = (int)Native.List(Terminated(path), names, names.Length);
        var lines = Encoding.UTF8.GetString(names, 0, Math.Max(0, length)).Split('\0', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal).Select(name =>
        {
            var value = new byte[4096];
            var size = (int)Native.Get(Terminated(path), Terminated(name), value, value.Length);
            return $" {name}={Convert.ToHexString(value, 0, Math.Max(0, size))}";
        });
        return string.Concat(lines);
    }

    private static byte[] Terminated(string text) => [.. Encoding.UTF8.GetBytes(text), 0];

    private static class Native
    {
#pragma warning disable SYSLIB1054 // the test project has no unsafe code
        [DllImport("libc", EntryPoint = "statx")]
        [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
        public static extern int Statx(int folder, byte[] path, int flags, uint mask, byte[] stat);

        [DllImport("libc", EntryPoint = "llistxattr")]
        [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
        public static extern nint List(byte[] path, byte[] names, nint size);

        [DllImport("libc", EntryPoint = "lgetxattr")]
        [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
        public static extern nint Get(byte[] path, byte[] name, byte[] value, nint size);
#pragma warning restore SYSLIB1054
    }
}
