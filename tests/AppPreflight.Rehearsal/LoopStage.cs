namespace AppPreflight.Rehearsal;

/// <summary>An engine that keeps everything on a disk of its own, which can rot behind the page cache; and a registry.</summary>
internal sealed class LoopStage : IAsyncDisposable
{
    private const long DiskSize = 512 << 20;

    private LoopStage(LoopDisk disk, Stage stage) => (Disk, Stage) = (disk, stage);

    public LoopDisk Disk { get; }

    public Stage Stage { get; }

    public static Task<LoopStage> OpenAsync(CancellationToken cancellationToken) => OpenAsync(DiskSize, cancellationToken);

    public static async Task<LoopStage> OpenAsync(long diskBytes, CancellationToken cancellationToken)
    {
        var disk = await LoopDisk.CreateAsync(diskBytes, cancellationToken);
        try
        {
            return new(disk, await Stage.OpenAsync(new(), new EngineOptions { DataRoot = disk.Root }, cancellationToken));
        }
        catch
        {
            await disk.DisposeAsync();
            throw;
        }
    }

    // the engine first: its namespace has the disk mounted too
    public async ValueTask DisposeAsync()
    {
        await Stage.DisposeAsync();
        await Disk.DisposeAsync();
    }
}
