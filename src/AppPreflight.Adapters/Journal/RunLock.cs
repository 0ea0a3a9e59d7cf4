using System.Runtime.InteropServices;
using AppPreflight.Ports;

namespace AppPreflight.Journal;

/// <summary>One run at a time: a kernel lock on <c>lock</c>, and beside it <c>holder</c>, one line that says whose it is.</summary>
/// <remarks>
/// .NET's <see cref="FileShare.None"/> is flock(LOCK_EX); the kernel gives it back when the process dies, however it dies. The
/// line has its own file because every .NET reader takes flock(LOCK_SH), and so could never read a file that is locked.
/// </remarks>
internal sealed partial class RunLock(StateFolder folder)
{
    private const string LockName = "lock";
    private const string HolderName = "holder";
    private const int LongestLine = 4096;
    private const int NoSuchProcess = 3;
    private const int Attempts = 5;
    private const int LongestWaitMilliseconds = 64;

    /// <summary>Who holds the lock; null when nobody does, or when the line can't be read.</summary>
    public RunHolder? Holder => IsHeld() ? ReadHolder() : null;

    /// <exception cref="SourceException">The lock's file can't be made or the line not written.</exception>
    public LockAttempt TryTake(RunHolder holder) => folder.Guard("written", () =>
    {
        if (TakeOrSeeHolder(out var other) is not { } file) return new LockAttempt(null, other);
        try
        {
            folder.Replace(HolderName, JournalJson.Write(holder));
            return new LockAttempt(new Taken(folder, file), null);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    });

    // Between taking the lock and telling whose it is lie some milliseconds, and a probe of 'status' tells nobody: both are soon over
    private FileStream? TakeOrSeeHolder(out RunHolder? other)
    {
        for (var wait = 1; ; wait *= 2)
        {
            other = null;
            if (Take() is { } file) return file;
            other = ReadHolder();
            if (other is not null || wait > LongestWaitMilliseconds) return null;
            Thread.Sleep(wait);
        }
    }

    // A reader's probe holds the lock for some microseconds: what is taken once may be free a moment later
    private FileStream? Take()
    {
        for (var attempt = 1; ; attempt++)
        {
            if (Open(FileMode.OpenOrCreate, FileAccess.ReadWrite) is { } file) return file;
            if (attempt == Attempts) return null;
            Thread.Yield();
        }
    }

    private bool IsHeld()
    {
        if (!File.Exists(folder[LockName])) return false;
        try
        {
            using var probe = Open(FileMode.Open, FileAccess.Read);
            return probe is null;
        }
        catch (UnauthorizedAccessException)
        {
            // only the line and its process can tell
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <returns>Null when somebody else has it.</returns>
    private FileStream? Open(FileMode mode, FileAccess access)
    {
        const int wouldBlock = 11;
        RegularFile.Demand(folder[LockName]);
        try
        {
            return new FileStream(folder[LockName], new FileStreamOptions
            {
                Mode = mode,
                Access = access,
                Share = FileShare.None,
                // flock(2) asks for no right to write: whoever may read this file could keep every run away
                UnixCreateMode = mode == FileMode.Open ? null : UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
        }
        catch (IOException e) when (e.HResult == wouldBlock)
        {
            return null;
        }
    }

    // The line of a run that was killed stays behind until the next one replaces it: its process must still be there
    private RunHolder? ReadHolder()
    {
        try
        {
            using var file = folder.Open(HolderName, FileMode.Open, FileAccess.Read);
            if (file.Length > LongestLine) return null;
            var bytes = new byte[file.Length];
            file.ReadExactly(bytes);
            var holder = JournalJson.ReadHolder(bytes);
            return holder is not null && IsThere(holder.ProcessId) ? holder : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // not by /proc: a hardened service is not shown the processes of others. Signal 0 only asks; kill(2)
    private static bool IsThere(int processId) => processId > 0 && (Signal(processId, 0) == 0 || Marshal.GetLastPInvokeError() != NoSuchProcess);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Signal(int processId, int signal);

    private sealed class Taken(StateFolder folder, FileStream file) : IDisposable
    {
        private int isReturned;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref isReturned, 1) != 0) return;
            folder.TryDelete(HolderName);
            file.Dispose();
        }
    }
}
