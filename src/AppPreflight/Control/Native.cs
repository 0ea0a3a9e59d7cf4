using System.Runtime.InteropServices;

namespace AppPreflight.Control;

/// <summary>What the framework has no words for.</summary>
internal static partial class Native
{
    [LibraryImport("libc", EntryPoint = "geteuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial uint EffectiveUser();

    /// <returns>0, or -1 where it may not be done.</returns>
    public static int GiveToGroup(string path, uint group) => ChangeOwner(path, uint.MaxValue, group);

    [LibraryImport("libc", EntryPoint = "lchown", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ChangeOwner(string path, uint owner, uint group);
}
