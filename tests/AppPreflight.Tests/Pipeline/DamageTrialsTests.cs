using AppPreflight.Rehearsal;
using NUnit.Framework;

namespace AppPreflight.Pipeline;

/// <summary>The whole catalogue of damages against the program as it ships: check, repair, check again, on a real engine and registry.</summary>
[NonParallelizable]
internal sealed class DamageTrialsTests
{
    private static IEnumerable<TestCaseData<string>> Names => Damages.All.Select(damage => new TestCaseData<string>(damage.Name));

    [TestCaseSource(nameof(Names))]
    [CancelAfter(90_000)]
    public async Task Keeps_its_promises_with_the_damage(string damage, CancellationToken cancellationToken)
    {
        var program = ShippedProgram.Find();
        var stage = await SharedStage.OpenAsync(cancellationToken);
        Assert.That(await Trial.RunAsync(stage, program, SharedStage.NextName(), Damages.Find(damage), cancellationToken), Is.Empty);
    }
}
