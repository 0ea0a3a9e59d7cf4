using AppPreflight.Rehearsal;
using NUnit.Framework;

namespace AppPreflight.Pipeline;

/// <summary>A slice of <c>make sweep</c>: the shipped program dies at every write to its state directory, and is robbed in the worst moments.</summary>
[NonParallelizable]
internal sealed class SweepTests
{
    [TestCase("stored-layer-rotten", "")]
    [TestCase("tag-moved", "torn")]
    [CancelAfter(300_000)]
    public async Task Killed_at_any_write_is_never_worse_and_heals(string name, string moment, CancellationToken cancellationToken)
    {
        var damage = Damages.Find(name);
        var sweep = new Sweep(await SharedStage.OpenAsync(cancellationToken), ShippedProgram.Find());
        var normal = await sweep.MeasureAsync(damage, cancellationToken);
        Assert.That(normal.Lines, Is.GreaterThanOrEqualTo(4));
        var faults = new List<string>();
        foreach (var point in Sweep.CrashPoints(normal).Where(point => point.EndsWith(moment, StringComparison.Ordinal)))
            faults.AddRange((await sweep.CrashAsync(damage, normal, point, isTwice: false, cancellationToken)).Faults.Select(fault => $"{point}: {fault}"));
        Assert.That(faults, Is.Empty);
    }

    [TestCase("journal:2:torn")]
    [TestCase("journal:4:after")]
    [CancelAfter(60_000)]
    public async Task Killed_twice_in_a_row_heals_all_the_same(string point, CancellationToken cancellationToken)
    {
        var damage = Damages.Find("stored-layer-rotten");
        var sweep = new Sweep(await SharedStage.OpenAsync(cancellationToken), ShippedProgram.Find());
        var result = await sweep.CrashAsync(damage, new(6, [], 0, "pass"), point, isTwice: true, cancellationToken);
        Assert.That(result.Faults, Is.Empty);
    }

    // the third name of a purge: what is left of the image by then, the next look must not take for absent
    [TestCase(Outage.EngineAway, 1, GateStop.After)]
    [TestCase(Outage.RegistryAway, 1, GateStop.After)]
    [TestCase(Outage.EngineBack, 4, GateStop.Middle)]
    [CancelAfter(60_000)]
    public async Task Robbed_in_the_middle_of_an_act_heals(Outage outage, int act, GateStop stop, CancellationToken cancellationToken)
    {
        var damage = Damages.Find("stored-layer-rotten");
        var sweep = new Sweep(await SharedStage.OpenAsync(cancellationToken), ShippedProgram.Find());
        var result = await sweep.RobAsync(damage, new(6, [], 0, "pass"), outage, act, stop, cancellationToken);
        Assert.That(result.Faults, Is.Empty);
    }

    [TestCase("journal:0:torn")]
    [TestCase("journal:1")]
    [TestCase("journal:1:sometimes")]
    [TestCase("engine:1:torn")]
    [CancelAfter(20_000)]
    public async Task A_crash_point_that_is_none_is_wrong_usage(string point, CancellationToken cancellationToken)
    {
        var program = new Executable(ShippedProgram.Find(), "/", "unix:///nowhere", "/nowhere");
        Assert.That(await program.CrashAsync("status", point, cancellationToken), Is.EqualTo(64));
    }
}
