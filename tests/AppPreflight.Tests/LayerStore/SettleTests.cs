using AppPreflight.Docker;
using AppPreflight.Images;
using AppPreflight.Pipeline;
using AppPreflight.Ports;
using AppPreflight.Rehearsal;
using NUnit.Framework;

namespace AppPreflight.LayerStore;

/// <summary>A proof right after a pull reads what the medium holds, not what the kernel still remembers of the writing.</summary>
[NonParallelizable]
internal sealed class SettleTests
{
    [Test]
    [CancelAfter(120_000)]
    public async Task Rot_on_the_medium_is_seen_by_a_reading_from_the_medium_only(CancellationToken cancellationToken)
    {
        await using var loop = await LoopStage.OpenAsync(cancellationToken);
        var content = LayerBuilder.Bulk(200_000, "settle");
        var image = ImageBuilder.Build(new("settle"), RawTar.Layer(TarPiece.Folder("opt"), TarPiece.File("opt/file", content)));
        await loop.Stage.Registry.Api.PushAsync("settle", "1", image, cancellationToken);
        await loop.Stage.Engine.Api.FetchAsync($"{loop.Stage.Registry.Authority}/settle:1", null, cancellationToken);

        var whole = await ReadAsync(loop, ReadingPace.Foreground, cancellationToken);
        var places = await loop.Disk.RotAsync(content[100_000..100_064], cancellationToken);
        var remembered = await ReadAsync(loop, ReadingPace.Foreground, cancellationToken);
        var read = await ReadAsync(loop, new ReadingPace { IsFromMedium = true }, cancellationToken);

        Assert.That(places, Is.GreaterThan(0));
        Assert.That((whole.IsSound, whole.IsFromMedium), Is.EqualTo(((bool?)true, false)));
        Assert.That(remembered.IsSound, Is.True);
        Assert.That((read.IsSound, read.IsFromMedium), Is.EqualTo(((bool?)false, true)));
        Assert.That(read.Damages.Select(damage => (damage.Kind, damage.Path)), Is.EqualTo(new[] { (DamageKind.Content, "opt/file") }));
    }

    [Test]
    [CancelAfter(120_000)]
    public async Task Repair_reads_what_it_pulled_from_the_medium(CancellationToken cancellationToken)
    {
        await using var loop = await LoopStage.OpenAsync(cancellationToken);
        await using var appliance = await Appliance.BuildAsync(loop.Stage, new("settle") { LayerSizeBytes = 100_000 }, cancellationToken);
        var program = new Executable(ShippedProgram.Find(), appliance);

        var (code, report) = await program.ReportAsync($"repair {Appliance.App}", cancellationToken);

        var depths = report["images"]!.AsArray().Select(image => image!["stored"]!["depth"]!.GetValue<string>());
        Assert.That(code, Is.Zero);
        Assert.That(depths, Is.Not.Empty.And.All.EqualTo("medium"));
    }

    private static async Task<StoredLayer> ReadAsync(LoopStage loop, ReadingPace pace, CancellationToken cancellationToken)
    {
        using var store = new DockerImageStore(DockerHost.Parse(loop.Stage.Engine.Host), TimeProvider.System);
        var engine = await store.ReadAsync(cancellationToken);
        var contents = await new EngineLayers(TimeProvider.System).ReadAsync(engine, engine.Images, pace, null, null, cancellationToken);
        return contents[engine.Images.Single().Id].Layers.Single();
    }
}
