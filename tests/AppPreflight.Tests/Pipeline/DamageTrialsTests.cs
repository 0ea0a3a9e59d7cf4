using AppPreflight.Checks;
using AppPreflight.Rehearsal;
using AppPreflight.Runs;
using NUnit.Framework;

namespace AppPreflight.Pipeline;

/// <summary>The whole catalogue of damages against the program as it ships: check, repair, check again, on a real engine and registry.</summary>
[NonParallelizable]
internal sealed class DamageTrialsTests
{
    // each is tried once, whichever test comes first
    private static readonly Dictionary<string, TrialOutcome> outcomes = new(StringComparer.Ordinal);

    private static IEnumerable<TestCaseData<string>> Names => Damages.All.Select(damage => new TestCaseData<string>(damage.Name));

    // those of two tags come with a command of their own
    private static IEnumerable<string> Codes => Enum.GetValues<FindingCode>().Select(code => code.Wire()).Where(code => !code.StartsWith("tags-", StringComparison.Ordinal));

    [TestCaseSource(nameof(Names))]
    [CancelAfter(90_000)]
    public async Task Keeps_its_promises_with_the_damage(string damage, CancellationToken cancellationToken) =>
        Assert.That((await TryAsync(Damages.Find(damage), cancellationToken)).Faults, Is.Empty);

    /// <summary>What the trials saw, not what the catalogue says they see.</summary>
    [Test]
    [CancelAfter(600_000)]
    public async Task Tells_every_finding_code_there_is(CancellationToken cancellationToken)
    {
        var seen = outcomes.Values.SelectMany(outcome => outcome.Codes).ToHashSet(StringComparer.Ordinal);
        foreach (var code in Codes)
        {
            if (seen.Contains(code) || Damages.All.FirstOrDefault(damage => damage.Codes.Contains(code, StringComparer.Ordinal)) is not { } damage) continue;
            seen.UnionWith((await TryAsync(damage, cancellationToken)).Codes);
        }

        Assert.That(Codes.Except(seen, StringComparer.Ordinal), Is.Empty);
    }

    [Test]
    public void Catalogue_has_a_damage_for_every_finding_code() => Assert.That(
        Codes.Except(Damages.All.SelectMany(damage => damage.Codes), StringComparer.Ordinal), Is.Empty);

    [Test]
    public void Catalogue_has_at_least_45_damages() => Assert.That(Damages.All, Has.Count.AtLeast(45));

    private static async Task<TrialOutcome> TryAsync(Damage damage, CancellationToken cancellationToken)
    {
        if (outcomes.TryGetValue(damage.Name, out var known)) return known;
        var program = ShippedProgram.Find();
        var stage = await SharedStage.OpenAsync(cancellationToken);
        return outcomes[damage.Name] = await Trial.RunAsync(stage, program, SharedStage.NextName(), damage, cancellationToken);
    }
}
