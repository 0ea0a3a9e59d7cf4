namespace AppPreflight.Rehearsal;

/// <summary>An engine's disk with too little room; only for a stage with a disk of its own, for they fill it.</summary>
internal static class DiskDamages
{
    /// <summary>More than the disk of a <see cref="LoopStage"/>: whoever has as much keeps other things there as well.</summary>
    private const long LargestDisk = 1L << 30;

    /// <summary>At most: enough for what an engine writes by itself, too little for the smallest image.</summary>
    private const long BytesLeft = 256 << 10;

    private const int InodesLeft = 20;
    private const int FilesInFolder = 10_000;

    private static readonly string[] Codes = ["image-absent", "image-absent"];

    public static IReadOnlyList<Damage> All { get; } =
    [
        new("disk-full", "there is no room on the engine's disk for the images to come", "files take all but 256 KiB of it", FillAsync)
        {
            NeedsOwnDisk = true,
            Before = [.. Codes, "space-short"],
            After = [.. Codes, "space-short"],
            Ease = Clear,
            Culprit = "host",
        },
        new("inodes-used-up", "the file system of the engine's disk has room, and no inodes for the images to come", "empty files take all but twenty of them", UseUpAsync)
        {
            NeedsOwnDisk = true,
            Before = [.. Codes, "inodes-short"],
            After = [.. Codes, "inodes-short"],
            Culprit = "host",
        },
    ];

    // what is reserved for root too: the engine is root, and would go on with it. How much of it can be had only trying shows
    private static Task FillAsync(Appliance appliance, CancellationToken cancellationToken)
    {
        var disk = DiskOf(appliance);
        for (var (size, number) = (disk.TotalFreeSpace, 0); size > BytesLeft; number++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var filler = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, PreallocationSize = size };
            try
            {
                using var file = new FileStream(Path.Combine(disk.Name, $"filler{number}"), filler);
            }
            catch (IOException)
            {
                size /= 2;
            }
        }

        return Task.CompletedTask;
    }

    private static void Clear(Appliance appliance)
    {
        foreach (var filler in Directory.EnumerateFiles(DiskOf(appliance).Name, "filler*")) File.Delete(filler);
    }

    private static async Task UseUpAsync(Appliance appliance, CancellationToken cancellationToken)
    {
        var root = DiskOf(appliance).Name;
        for (var (number, left) = (0, await InodesAsync(root, cancellationToken) - InodesLeft); left > 0; left--, number++)
        {
            if (number % FilesInFolder == 0)
            {
                Directory.CreateDirectory(Path.Combine(root, $"crowd{number}"));
                left--;
            }

            await File.Create(Path.Combine(root, $"crowd{number - number % FilesInFolder}", $"{number}")).DisposeAsync();
        }
    }

    private static DriveInfo DiskOf(Appliance appliance)
    {
        var disk = new DriveInfo(appliance.Stage.Engine.DataRoot);
        return disk.TotalSize < LargestDisk ? disk : throw new RehearsalException($"{appliance.Stage.Engine.DataRoot} is on a disk that is not the engine's own: it is not filled");
    }

    private static async Task<long> InodesAsync(string folder, CancellationToken cancellationToken)
    {
        using var stat = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("stat", ["-f", "-c", "%d", folder]) { UseShellExecute = false, RedirectStandardOutput = true })
            ?? throw new RehearsalException("cannot start stat");
        var answer = await stat.StandardOutput.ReadToEndAsync(cancellationToken);
        await stat.WaitForExitAsync(cancellationToken);
        return long.Parse(answer, System.Globalization.CultureInfo.InvariantCulture);
    }
}
