using System.Runtime.InteropServices;
using System.Text;

namespace AppPreflight.Rehearsal;

/// <summary>The calls to the file system that .NET has no word for. None follows a symbolic link at the end of the path.</summary>
internal static partial class FileCalls
{
    private const uint CharacterDevice = 0x2000;

    /// <summary>The bytes of an extended attribute, or null when there is none.</summary>
    public static byte[]? TryAttribute(string path, string key)
    {
        var value = new byte[4096];
        var length = GetAttribute(path, key, value, (nuint)value.Length);
        return length < 0 ? null : value[..(int)length];
    }

    public static void SetAttribute(string path, string key, byte[] value) =>
        Expect(SetAttribute(path, key, value, (nuint)value.Length, 0) == 0, $"set {key} of {path}");

    public static void RemoveAttribute(string path, string key) => Expect(DropAttribute(path, key) == 0, $"remove {key} of {path}");

    /// <summary>Sets the owner; the kernel takes capabilities away, and set-id bits.</summary>
    public static void SetOwner(string path, uint owner, uint group) => Expect(ChangeOwner(path, owner, group) == 0, $"chown {path}");

    /// <summary>
    /// Renames whatever it is, within one file system. (.NET has one call for files, one for folders and none for devices, and
    /// knows no names but in UTF-8.)
    /// </summary>
    public static void Rename(byte[] from, byte[] to) =>
        Expect(RenameAny([.. from, 0], [.. to, 0]) == 0, $"rename {Encoding.UTF8.GetString(from)}");

    /// <summary>Makes a character device, readable and writable for all.</summary>
    public static void MakeCharacterDevice(string path, uint major, uint minor)
    {
        Expect(MakeNode(path, CharacterDevice, (major << 8) | minor) == 0, $"mknod {path}");
        File.SetUnixFileMode(path, (UnixFileMode)Convert.ToInt32("666", 8));
    }

    private static void Expect(bool held, string what)
    {
        if (!held) throw new RehearsalException($"cannot {what}: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    [LibraryImport("libc", EntryPoint = "lgetxattr", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint GetAttribute(string path, string key, [Out] byte[] value, nuint size);

    [LibraryImport("libc", EntryPoint = "lsetxattr", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetAttribute(string path, string key, byte[] value, nuint size, int flags);

    [LibraryImport("libc", EntryPoint = "lremovexattr", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int DropAttribute(string path, string key);

    [LibraryImport("libc", EntryPoint = "lchown", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ChangeOwner(string path, uint owner, uint group);

    [LibraryImport("libc", EntryPoint = "mknod", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int MakeNode(string path, uint mode, ulong device);

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int RenameAny(byte[] from, byte[] to);
}
