using System.Text.Json.Nodes;
using AppPreflight.Rehearsal;
using NUnit.Framework;

namespace AppPreflight.Pipeline;

/// <summary>What a check says a repair would do is what the repair then does: the same acts on the same things, in the same order.</summary>
[NonParallelizable]
internal sealed class PlanAgreementTests
{
    // one of each kind of plan: pull, pull and purge of what is left, purge and pull, a name only, both, ask, ask and pull, ask for room
    [TestCase("absent")]
    [TestCase("tag-moved")]
    [TestCase("stored-layer-rotten")]
    [TestCase("stored-config-rotten")]
    [TestCase("stale-digest-edited")]
    [TestCase("wrong-platform-of-index")]
    [TestCase("stored-base-layer-rotten")]
    [TestCase("served-layer-rotten")]
    [TestCase("registry-down")]
    [TestCase("disk-full")]
    [CancelAfter(90_000)]
    public async Task Does_what_was_planned(string name, CancellationToken cancellationToken)
    {
        var damage = Damages.Find(name);
        await using var disk = damage.NeedsOwnDisk ? await LoopStage.OpenAsync(cancellationToken) : null;
        await using var appliance = await Appliance.BuildDamagedAsync(
            disk?.Stage ?? await SharedStage.OpenAsync(cancellationToken), new(SharedStage.NextName()) { LayerSizeBytes = 200_000 }, [damage], cancellationToken);
        var program = new Executable(ShippedProgram.Find(), appliance);
        var (_, check) = await program.ReportAsync($"check {Appliance.App} --content", cancellationToken);
        var (_, repair) = await program.ReportAsync($"repair {Appliance.App}", cancellationToken);
        Assert.That(Acts(repair), Is.EqualTo(Acts(check)));
        Assert.That(Acts(check), damage.After.Count == 0 || name != "registry-down" ? Is.Not.Empty : Is.Empty);
    }

    private static IEnumerable<string> Acts(JsonNode report) => [.. report["actions"]!.AsArray().Select(action =>
        $"{action!["kind"]} {action["subject"]} for {string.Join(' ', action["cures"]!.AsArray().Select(code => code!.GetValue<string>()))}: {string.Join("; ", action["commands"]!.AsArray().Select(command => command!.GetValue<string>()))}")];
}
