using System.Text;
using AppPreflight.Rehearsal;
using NUnit.Framework;

namespace AppPreflight.Pipeline;

/// <summary>
/// A repair is killed in the middle of its purge, and what it left in the state directory is spoilt on top: the shipped program is never
/// the worse for it, and the next repair heals.
/// </summary>
[NonParallelizable]
internal sealed class SpoiltStateTests
{
    [TestCase("journal-torn")]
    [TestCase("journal-noise")]
    [TestCase("report-garbage")]
    [TestCase("proofs-garbage")]
    [TestCase("tags-garbage")]
    [TestCase("from-the-future")]
    [CancelAfter(60_000)]
    public async Task Whatever_lies_in_the_state_directory_it_is_never_worse_and_heals(string spoiling, CancellationToken cancellationToken)
    {
        await using var appliance = await SharedStage.BuildAsync([Damages.Find("stored-layer-rotten")], cancellationToken);
        var invariant = await Invariant.TakeAsync(appliance, cancellationToken);
        var program = new Executable(ShippedProgram.Find(), appliance);
        Assert.That(await program.CrashAsync($"repair {Appliance.App}", "journal:2:torn", cancellationToken), Is.EqualTo(128 + 9));
        Spoil(appliance.State, spoiling);
        Assert.That(await invariant.FaultsAsync(cancellationToken), Is.Empty);
        Assert.That((await program.ReportAsync($"repair {Appliance.App}", cancellationToken)).ExitCode, Is.Zero);
        Assert.That(await invariant.HealedFaultsAsync(cancellationToken), Is.Empty);
    }

    private static void Spoil(string state, string spoiling)
    {
        var (journal, noise) = (Path.Combine(state, "journal.jsonl"), new byte[5000]);
        new Random(1).NextBytes(noise);
        Directory.CreateDirectory(Path.Combine(state, "reports"));
        switch (spoiling)
        {
            // in the intent itself, which then never was: what the kill left is found by looking
            case "journal-torn":
                var bytes = File.ReadAllBytes(journal);
                File.WriteAllBytes(journal, bytes[..^(bytes.Length / 3)]);
                break;
            case "journal-noise":
                File.AppendAllBytes(journal, [.. noise, (byte)'\n']);
                break;
            case "report-garbage":
                File.WriteAllBytes(Path.Combine(state, "reports", $"{Appliance.App}.json"), noise);
                break;
            case "proofs-garbage":
            case "tags-garbage":
                File.WriteAllBytes(Path.Combine(state, spoiling.Replace("-garbage", ".json", StringComparison.Ordinal)), noise);
                break;
            // written before somebody set the clock right
            default:
                File.WriteAllText(journal, File.ReadAllText(journal, Encoding.UTF8).Replace("\"at\":\"20", "\"at\":\"21", StringComparison.Ordinal));
                break;
        }
    }
}
