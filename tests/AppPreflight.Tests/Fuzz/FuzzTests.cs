using System.Globalization;
using NUnit.Framework;

namespace AppPreflight.Fuzz;

/// <summary>
/// Every parser against spoilt inputs: no hang, no unbounded memory, no exception but the documented ones, and what else it promises.
/// <c>make fuzz</c> takes more of them: APP_PREFLIGHT_FUZZ_COUNT inputs for each target, or for the one of
/// APP_PREFLIGHT_FUZZ_TARGET, from number APP_PREFLIGHT_FUZZ_FROM of APP_PREFLIGHT_FUZZ_SEED on, of at most APP_PREFLIGHT_FUZZ_LONGEST bytes.
/// </summary>
[NonParallelizable]
internal sealed class FuzzTests
{
    private static readonly string Root = RootFolder();
    private static readonly string Outcomes = Path.Combine(Root, "artifacts", "fuzz");

    private static IEnumerable<FuzzTarget> Chosen =>
        Targets.Where(target => Environment.GetEnvironmentVariable("APP_PREFLIGHT_FUZZ_TARGET") is not { Length: > 0 } name || name.Split(',').Contains(target.Name, StringComparer.Ordinal));

    private static FuzzTarget[] Targets => [.. OciTargets.All, .. HostTargets.All, .. WireTargets.All, .. EngineTargets.All, .. LayerTargets.All];

    [TestCaseSource(nameof(Chosen))]
    public void Takes_whatever_comes(FuzzTarget target)
    {
        var seed = (ulong)Setting("SEED", 1);
        var count = Setting("COUNT", 0);
        var mutator = new Mutator(CorpusOf(target), target.WordList, (int)Setting("LONGEST", target.Longest), seed);
        var outcome = new FuzzRun(target, mutator, Setting("FROM", 0), count > 0 ? count : target.InTest).Run();
        if (count > 0) Tell(target, outcome);
        if (outcome.FailedNumber is { } failed) Assert.Fail(Failure(target, target.InputOf(mutator, failed), seed, failed, outcome.Failure!));
        Assert.That(outcome.Refused, Is.LessThan(outcome.Inputs), "not a single input is taken");
    }

    [Test]
    public void Has_a_small_corpus_for_every_target()
    {
        Assert.That(Targets.Select(target => target.Name), Is.Unique);
        Assert.That(Directory.GetDirectories(CorpusFolder).Select(Path.GetFileName), Is.EquivalentTo(Targets.Select(target => target.Corpus).Distinct(StringComparer.Ordinal)));
        Assert.That(Directory.GetFiles(CorpusFolder, "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length), Is.LessThan(300_000));
    }

    [Test]
    public void Makes_the_same_input_from_the_same_number()
    {
        var target = Targets[0];
        var (one, other) = (new Mutator(CorpusOf(target), target.WordList, target.Longest, 7), new Mutator(CorpusOf(target), target.WordList, target.Longest, 7));
        for (var number = 999L; number >= 0; number--) Assert.That(one.Make(number), Is.EqualTo(other.Make(number)));
        Assert.That(Enumerable.Range(0, 1000).Select(number => Convert.ToHexString(one.Make(number))).Distinct().Count(), Is.GreaterThan(700));
    }

    private static string CorpusFolder => Path.Combine(Root, "tests", "AppPreflight.Tests", "Fuzz", "corpus");

    private static byte[][] CorpusOf(FuzzTarget target) =>
        [.. Directory.GetFiles(Path.Combine(CorpusFolder, target.Corpus)).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];

    private static long Setting(string name, long usual) =>
        Environment.GetEnvironmentVariable("APP_PREFLIGHT_FUZZ_" + name) is { Length: > 0 } text ? long.Parse(text, CultureInfo.InvariantCulture) : usual;

    private static string Failure(FuzzTarget target, byte[] input, ulong seed, long number, string why)
    {
        var file = Path.Combine(Directory.CreateDirectory(Outcomes).FullName, $"{target.Name}-{seed}-{number}.bin");
        File.WriteAllBytes(file, input);
        return $"{target.Name}, seed {seed}, input {number} ({input.Length} bytes, {file}): {why}";
    }

    private static void Tell(FuzzTarget target, FuzzOutcome outcome)
    {
        var line = FormattableString.Invariant(
            $"| {target.Name} | {outcome.Inputs} | {100.0 * outcome.Refused / Math.Max(1, outcome.Inputs):0} % refused | {outcome.Inputs / outcome.Elapsed.TotalSeconds:0} /s | slowest {outcome.Slowest.TotalMilliseconds:0.0} ms (input {outcome.SlowestNumber}) | {outcome.MostAllocated >> 10} KiB for one input | peak {outcome.PeakBytes >> 20} MiB |");
        TestContext.Progress.WriteLine(line);
        File.AppendAllLines(Path.Combine(Directory.CreateDirectory(Outcomes).FullName, "figures.md"), [line]);
    }

    private static string RootFolder()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "AppPreflight.sln"))) folder = folder.Parent!;
        return folder.FullName;
    }
}
