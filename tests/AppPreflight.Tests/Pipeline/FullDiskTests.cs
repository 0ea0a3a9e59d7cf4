using AppPreflight.Rehearsal;
using NUnit.Framework;

namespace AppPreflight.Pipeline;

/// <summary>Disks without room, the engine's and ours, before and in the middle of a repair: nothing is worse, and with room again it heals.</summary>
[NonParallelizable]
internal sealed class FullDiskTests
{
    private const long EngineDisk = 96 << 20;
    private const long StateDisk = 8 << 20;
    private const string PullNext = "tag=2.0.0";

    private static readonly string Repair = $"repair {Appliance.App}";

    [Test]
    [CancelAfter(120_000)]
    public async Task An_engine_without_room_is_told_of_before_anything_is_purged(CancellationToken cancellationToken)
    {
        await using var loop = await LoopStage.OpenAsync(EngineDisk, cancellationToken);
        await using var host = await HostAsync(loop.Stage, cancellationToken);
        var invariant = await Invariant.TakeAsync(host, cancellationToken);
        var program = new Executable(ShippedProgram.Find(), host);
        var before = await loop.Stage.Engine.Api.SnapshotAsync(cancellationToken);
        loop.Disk.Fill(1 << 20);

        var (code, report) = await program.ReportAsync(Repair, cancellationToken);

        Assert.That(code, Is.EqualTo(1));
        Assert.That(Executable.CodesOf(report), Has.Member("space-short").Or.Member("pull-refused"));
        Assert.That((await loop.Stage.Engine.Api.SnapshotAsync(cancellationToken)).Images, Is.EqualTo(before.Images), "nothing was purged");
        await host.StopContainerAsync(cancellationToken);
        await host.StartContainerAsync(cancellationToken);
        invariant = await Invariant.TakeAsync(host, cancellationToken);
        loop.Disk.Free();
        await ExpectHealedAsync(host, program, invariant, cancellationToken);
    }

    [Test]
    [CancelAfter(120_000)]
    public async Task A_disk_that_fills_up_in_a_pull_is_named(CancellationToken cancellationToken)
    {
        await using var loop = await LoopStage.OpenAsync(EngineDisk, cancellationToken);
        await using var host = await HostAsync(loop.Stage, cancellationToken);
        var invariant = await Invariant.TakeAsync(host, cancellationToken);
        await using (var gate = Gate(host, PullNext, GateStop.Before))
        {
            var repair = new Executable(ShippedProgram.Find(), host.Root, gate.Host, host.State).ReportAsync(Repair, cancellationToken);
            await gate.ReachedAsync(cancellationToken);
            // two of its four layers fit
            loop.Disk.Fill(5 << 20);
            gate.Open();
            var (code, report) = await repair;
            Assert.That(code, Is.EqualTo(1), report.ToJsonString());
            Assert.That(Executable.CodesOf(report), Has.Member("pull-refused"));
            Assert.That(report["findings"]!.ToJsonString(), Does.Contain("no space left on device"));
        }

        loop.Disk.Free();
        await ExpectHealedAsync(host, new(ShippedProgram.Find(), host), invariant, cancellationToken);
    }

    [TestCase(false)]
    [TestCase(true)]
    [CancelAfter(120_000)]
    public async Task Nothing_is_done_without_a_state_directory_to_write_to(bool isReadOnly, CancellationToken cancellationToken)
    {
        await using var disk = await LoopDisk.CreateAsync(StateDisk, cancellationToken);
        await using var host = await SharedStage.BuildAsync([Damages.Find("stored-layer-rotten")], cancellationToken);
        var invariant = await Invariant.TakeAsync(host, cancellationToken);
        var program = ProgramOf(host, host.Stage.Engine.Host, disk);
        await program.ReportAsync($"check {Appliance.App}", cancellationToken);
        var before = await host.Stage.Engine.Api.SnapshotAsync(cancellationToken);
        if (isReadOnly) await disk.ProtectAsync(cancellationToken);
        else disk.Fill(0);

        var (code, said) = await program.EndAsync(Repair, cancellationToken);
        Assert.That(code, Is.AnyOf(1, 2), said);
        Assert.That(said, Does.Contain(isReadOnly ? "its file system is read-only" : "no space left on the device"));
        Assert.That((await host.Stage.Engine.Api.SnapshotAsync(cancellationToken)).SameAs(before), "nothing was done");
        var (status, _) = await program.EndAsync("status", cancellationToken);
        Assert.That(status, Is.EqualTo(1), "what was known is still shown");

        if (isReadOnly) await disk.UnprotectAsync(cancellationToken);
        else disk.Free();
        await ExpectHealedAsync(host, program, invariant, cancellationToken);
    }

    [Test]
    [CancelAfter(120_000)]
    public async Task A_state_directory_that_fills_up_in_a_repair_stops_it_before_the_next_act(CancellationToken cancellationToken)
    {
        await using var disk = await LoopDisk.CreateAsync(StateDisk, cancellationToken);
        await using var host = await SharedStage.BuildAsync([Damages.Find("stored-layer-rotten")], cancellationToken);
        var invariant = await Invariant.TakeAsync(host, cancellationToken);
        await using (var gate = new EngineGate(Path.Combine(host.Stage.Engine.Folder, "gate.sock"), host.Stage.Engine.SocketPath, EngineGate.IsAct, 1, GateStop.Before))
        {
            var repair = ProgramOf(host, gate.Host, disk).ReportAsync(Repair, cancellationToken);
            await gate.ReachedAsync(cancellationToken);
            disk.Fill(0);
            FillJournal(disk);
            gate.Open();
            var (code, report) = await repair;
            Assert.That(code, Is.EqualTo(1));
            Assert.That(report["actions"]!.ToJsonString(), Does.Contain("could not be journalled"));
        }

        disk.Free();
        await ExpectHealedAsync(host, ProgramOf(host, host.Stage.Engine.Host, disk), invariant, cancellationToken);
    }

    // the last block of a file has room of its own: lines that are none take it
    private static void FillJournal(LoopDisk disk)
    {
        using var journal = new FileStream(Path.Combine(disk.Root, "state/journal.jsonl"), FileMode.Append, FileAccess.Write, FileShare.None, 0);
        try
        {
            while (true)
            {
                journal.WriteByte((byte)'\n');
                journal.Flush(flushToDisk: true);
            }
        }
        catch (IOException)
        {
            // full to the last byte
        }
    }

    private static async Task<Appliance> HostAsync(Stage stage, CancellationToken cancellationToken) => await Appliance.BuildDamagedAsync(
        stage, new("full") { LayerSizeBytes = 4 << 20 }, [Damages.Find("stored-layer-rotten")], cancellationToken);

    private static Executable ProgramOf(Appliance host, string engine, LoopDisk disk) =>
        new(ShippedProgram.Find(), host.Root, engine, Path.Combine(disk.Root, "state"));

    private static EngineGate Gate(Appliance host, string request, GateStop stop) =>
        new(Path.Combine(host.Stage.Engine.Folder, "gate.sock"), host.Stage.Engine.SocketPath, request, stop);

    private static async Task ExpectHealedAsync(Appliance host, Executable program, Invariant invariant, CancellationToken cancellationToken)
    {
        Assert.That(await invariant.FaultsAsync(cancellationToken), Is.Empty);
        var (code, report) = await program.ReportAsync(Repair, cancellationToken);
        Assert.That(code, Is.Zero, report.ToJsonString());
        Assert.That(await invariant.HealedFaultsAsync(cancellationToken), Is.Empty);
    }
}
