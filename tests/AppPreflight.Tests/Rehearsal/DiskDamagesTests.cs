using NUnit.Framework;

namespace AppPreflight.Rehearsal;

/// <summary>The engine itself fails on these disks, in its own words: so what the product says beforehand is true.</summary>
[NonParallelizable]
internal sealed class DiskDamagesTests
{
    [TestCaseSource(typeof(DiskDamages), nameof(DiskDamages.All))]
    [CancelAfter(120_000)]
    public async Task Ends_a_pull_with_no_space_left(Damage damage, CancellationToken cancellationToken)
    {
        await using var disk = await LoopStage.OpenAsync(cancellationToken);
        await using var appliance = await Appliance.BuildDamagedAsync(disk.Stage, new("small") { LayerSizeBytes = 200_000 }, [damage], cancellationToken);
        var pull = await disk.Stage.Engine.Api.PullAsync(appliance.IntermediateReference, null, cancellationToken);
        Assert.That(pull.Error, Does.Contain("no space left on device"));
    }

    [TestCaseSource(typeof(DiskDamages), nameof(DiskDamages.All))]
    [CancelAfter(120_000)]
    public async Task Is_refused_on_a_disk_that_others_use(Damage damage, CancellationToken cancellationToken)
    {
        await using var appliance = await SharedStage.BuildAsync([], cancellationToken);
        Assert.That(async () => await damage.ApplyAsync(appliance, cancellationToken), Throws.TypeOf<RehearsalException>());
    }
}
