using System.Diagnostics;

namespace AppPreflight.Rehearsal;

/// <summary>
/// A small disk: an ext4 file system in a file, mounted. What is written into the file goes past the page cache of the mounted
/// files, as rot does. A small shell holds it; when the pipe to it closes, also because this process was killed, it is unmounted.
/// </summary>
internal sealed class LoopDisk : IAsyncDisposable
{
    private const string Script = """
        trap '' INT HUP TERM
        cd "$1"; truncate -s "$2" disk; mkfs.ext4 -q -F disk; mkdir mounted; mount -o loop disk mounted; echo ready
        read -r _ || true
        cd /; umount "$1/mounted" || umount -l "$1/mounted"; rm -rf --one-file-system "$1"
        """;

    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(20);

    private readonly string work;
    private readonly Process shell;

    private LoopDisk(string work, Process shell) => (this.work, this.shell) = (work, shell);

    /// <summary>The root of its file system.</summary>
    public string Root => Path.Combine(work, "mounted");

    /// <exception cref="RehearsalException">No loop device is free, or this is not root.</exception>
    public static async Task<LoopDisk> CreateAsync(long sizeBytes, CancellationToken cancellationToken)
    {
        var home = WorkFolder.Create("d");
        string[] words = ["bash", "-euc", Script, "bash", home, $"{sizeBytes}"];
        var start = new ProcessStartInfo("setsid", words) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true };
        var disk = new LoopDisk(home, Process.Start(start) ?? throw new RehearsalException("cannot start bash"));
        try
        {
            if (await disk.shell.StandardOutput.ReadLineAsync(cancellationToken) == "ready") return disk;
            throw new RehearsalException("cannot mount a disk of our own (is this root, and is there a loop device?)");
        }
        catch
        {
            await disk.DisposeAsync();
            throw;
        }
    }

    /// <summary>Turns one bit on the medium wherever these bytes stand there. Who has the file in the page cache does not see it.</summary>
    /// <returns>At how many places.</returns>
    public async Task<int> RotAsync(byte[] bytes, CancellationToken cancellationToken)
    {
        using (var sync = Process.Start("sync", ["-f", Root])) await sync.WaitForExitAsync(cancellationToken);
        await using var medium = new FileStream(Path.Combine(work, "disk"), FileMode.Open, FileAccess.ReadWrite);
        var places = Find(medium, bytes);
        foreach (var place in places)
        {
            medium.Position = place;
            medium.WriteByte((byte)(bytes[0] ^ 1));
        }

        medium.Flush(flushToDisk: true);
        return places.Count;
    }

    /// <summary>Fills it until so many bytes are left, for root too.</summary>
    public void Fill(long leftBytes)
    {
        foreach (var size in (int[])[1 << 16, 1 << 10, 1]) Fill(size);
        if (leftBytes == 0) return;
        using var file = new FileStream(FillPath, FileMode.Open, FileAccess.Write);
        file.SetLength(Math.Max(0, file.Length - leftBytes));
        file.Flush(flushToDisk: true);
    }

    /// <summary>Takes back what <see cref="Fill(long)"/> did.</summary>
    public void Free() => File.Delete(FillPath);

    /// <summary>From now on nothing can be written to it, by nobody.</summary>
    public Task ProtectAsync(CancellationToken cancellationToken) => RemountAsync("ro", cancellationToken);

    public Task UnprotectAsync(CancellationToken cancellationToken) => RemountAsync("rw", cancellationToken);

    public async ValueTask DisposeAsync()
    {
        shell.StandardInput.Close();
        using var limit = new CancellationTokenSource(EndLimit);
        try
        {
            await shell.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            shell.Kill();
        }

        shell.Dispose();
    }

    private void Fill(int blockSize)
    {
        using var file = new FileStream(FillPath, FileMode.Append, FileAccess.Write, FileShare.None, 0);
        try
        {
            for (var block = new byte[blockSize]; ;)
            {
                file.Write(block);
                file.Flush(flushToDisk: true);
            }
        }
        catch (IOException)
        {
            // no more of this size
        }
    }

    private string FillPath => Path.Combine(Root, "fill");

    private async Task RemountAsync(string mode, CancellationToken cancellationToken)
    {
        using var mount = Process.Start("mount", ["-o", $"remount,{mode}", Root]);
        await mount.WaitForExitAsync(cancellationToken);
        if (mount.ExitCode != 0) throw new RehearsalException($"cannot remount {Root} {mode}");
    }

    private static List<long> Find(FileStream medium, byte[] bytes)
    {
        var places = new List<long>();
        var window = new byte[1 << 20];
        for (long start = 0; start < medium.Length; start += window.Length - bytes.Length + 1)
        {
            medium.Position = start;
            var seen = window.AsSpan(0, medium.ReadAtLeast(window, window.Length, throwOnEndOfStream: false));
            for (int at = 0, found; (found = seen[at..].IndexOf(bytes)) >= 0; at += found + 1) places.Add(start + at + found);
        }

        return places;
    }
}
