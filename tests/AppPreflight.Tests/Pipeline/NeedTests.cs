using System.Diagnostics;
using System.Globalization;
using AppPreflight.Rehearsal;
using NUnit.Framework;

namespace AppPreflight.Pipeline;

/// <summary>What a check says the pulls need, against what they take of a real engine's disk.</summary>
[NonParallelizable]
internal sealed class NeedTests
{
    private const int SmallFiles = 4000;

    [Test]
    [CancelAfter(120_000)]
    public async Task Needs_about_what_the_engine_takes_and_never_less(CancellationToken cancellationToken)
    {
        await using var disk = await LoopStage.OpenAsync(cancellationToken);
        await using var appliance = await Appliance.BuildAsync(disk.Stage, new("need") { LayerSizeBytes = 3_000_000 }, cancellationToken);
        // one step of few large files, one of many small ones
        var crowd = RawTar.Layer(Enumerable.Range(0, SmallFiles).Select(i => TarPiece.Text($"file{i}", $"small {i}\n")).Prepend(TarPiece.Folder("etc")));
        var image = ImageBuilder.Build(new("crowd"), crowd);
        await disk.Stage.Registry.Api.PushAsync(appliance.RepositoryPath, "2.0.0", image, cancellationToken);
        var program = new Executable(ShippedProgram.Find(), appliance);
        var (_, check) = await program.ReportAsync($"check {Appliance.App} --content", cancellationToken);
        var before = await LeftAsync(disk, cancellationToken);

        var (code, repair) = await program.ReportAsync($"repair {Appliance.App}", cancellationToken);

        Assert.That(code, Is.Zero);
        var after = await LeftAsync(disk, cancellationToken);
        long Told(string field) => check["bytes"]![field]!.GetValue<long>();
        var target = appliance.Images.Target;
        // the base layer is there with 1.10.3
        Assert.That(Told("toPull"), Is.EqualTo(image.Layers.Concat(target.Layers.Skip(1)).Sum(layer => (long)layer.Compressed.Length)));
        Assert.That(check["bytes"]!["estimated"]!.GetValue<bool>(), Is.False);
        var (inodes, bytes) = (before.Inodes - after.Inodes, before.Bytes - after.Bytes);
        TestContext.Out.WriteLine($"inodes {inodes} of {Told("inodesNeeded")}, bytes {bytes} of {Told("diskNeeded")}");
        Assert.That(Told("inodesNeeded"), Is.InRange(inodes, inodes + 100));
        Assert.That(Told("diskNeeded"), Is.InRange(bytes, bytes * 3 / 2));
        Assert.That(repair["bytes"]!["toPull"]!.GetValue<long>(), Is.Zero);
    }

    [Test]
    [CancelAfter(120_000)]
    public async Task Has_the_time_that_the_pulls_take_from_the_rate_of_this_run_or_the_one_before(CancellationToken cancellationToken)
    {
        var stage = await SharedStage.OpenAsync(cancellationToken);
        await using var appliance = await Appliance.BuildAsync(stage, new(SharedStage.NextName()) { LayerSizeBytes = 2_000_000 }, cancellationToken);
        var program = new Executable(ShippedProgram.Find(), appliance);
        Assert.That(await RateAsync($"check {Appliance.App}"), Is.Zero, "nothing was read yet");
        var measured = await RateAsync($"check {Appliance.App} --content");
        Assert.That(measured, Is.Positive);
        Assert.That(await RateAsync($"check {Appliance.App}"), Is.EqualTo(measured), "remembered");

        async Task<long> RateAsync(string words)
        {
            var bytes = (await program.ReportAsync(words, cancellationToken)).Report["bytes"]!;
            var rate = bytes["bytesPerSecond"]!.GetValue<long>();
            Assert.That(bytes["secondsToPull"]!.GetValue<long>() > 0, Is.EqualTo(rate > 0));
            return rate;
        }
    }

    private static async Task<(long Bytes, long Inodes)> LeftAsync(LoopStage disk, CancellationToken cancellationToken)
    {
        using (var sync = Process.Start("sync", ["-f", disk.Disk.Root])) await sync.WaitForExitAsync(cancellationToken);
        using var stat = Process.Start(new ProcessStartInfo("stat", ["-f", "-c", "%f %S %d", disk.Disk.Root]) { UseShellExecute = false, RedirectStandardOutput = true })!;
        var words = (await stat.StandardOutput.ReadToEndAsync(cancellationToken)).Split(' ');
        await stat.WaitForExitAsync(cancellationToken);
        var numbers = words.Select(word => long.Parse(word, CultureInfo.InvariantCulture)).ToList();
        return (numbers[0] * numbers[1], numbers[2]);
    }
}
