using System.Globalization;
using System.Runtime.InteropServices;

namespace AppPreflight.Agent;

/// <summary>Gives back what only a run needs, once the agent has had nothing to do for a while: a service that sleeps has to be small.</summary>
/// <remarks>
/// Two thirds of a .NET process are pages of its own program files. The kernel keeps them as long as it has room, and counts them
/// as ours; madvise(2) MADV_PAGEOUT says that now is as good as later. What is needed again is read again: some milliseconds.
/// </remarks>
internal sealed partial class IdleMemory
{
    /// <summary>Rounds of the work loop without anything to do, before what the last run needed is given back.</summary>
    private const int Patience = 2;

    /// <summary>And so often afterwards: the little that goes on brings in its pages, and their neighbours with them.</summary>
    private const int Again = 8;

    private const int PageOut = 21; // MADV_PAGEOUT, linux/mman-common.h; older kernels than 5.4 say EINVAL, and nothing happens

    private int idleRounds;

    /// <summary>Told at each round of the work loop.</summary>
    public void Round(bool isIdle)
    {
        idleRounds = isIdle ? idleRounds + 1 : 0;
        if (!isIdle) return;
        // the second time for the buffers that were pooled when the first one came
        if (idleRounds is Patience or Again) TrimHeaps();
        if (idleRounds == Patience || idleRounds % Again == 0) PageFilesOut();
    }

    // .NET's own, and malloc's, in which the compiler and the C libraries work
    private static void TrimHeaps()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        _ = TrimMalloc(0);
    }

    public static void PageFilesOut()
    {
        try
        {
            foreach (var line in File.ReadLines("/proc/self/maps"))
            {
                if (MappingIn(line) is var (start, length)) _ = Advise(start, length, PageOut);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // without /proc the memory stays as it is
        }
    }

    /// <returns>Address and length of a mapping of a file; null for all others. Pages of it that were written to stay.</returns>
    private static (nint Start, nint Length)? MappingIn(string line)
    {
        // 7f0c8a000000-7f0c8a022000 r-xp 00000000 08:01 131 /usr/lib/...
        var fields = line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries);
        if (fields is not [var range, _, _, _, _, ['/', ..] file] || file.StartsWith("/memfd:", StringComparison.Ordinal)) return null;
        var dash = range.IndexOf('-', StringComparison.Ordinal);
        var start = long.Parse(range.AsSpan(0, dash), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return ((nint)start, (nint)(long.Parse(range.AsSpan(dash + 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture) - start));
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int TrimMalloc(nuint keptBytes);

    [LibraryImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Advise(nint address, nint length, int advice);
}
