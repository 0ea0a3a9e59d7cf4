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

    private static FuzzTarget[] Targets => [.. OciTargets.All, .. HostTargets.All, .. WireTargets.All, .. EngineTargets.All, .. LayerTargets.All, .. ArchiveTargets.All];

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

    /// <summary>What once took minutes, at the size the parser's own bound allows.</summary>
    private static IEnumerable<TestCaseData> LargeInputs =>
    [
        Large("ini", "one line, and at its end a byte that is no UTF-8", "[Application]\nName = ", "a", 4_000_000, "\u00ff"),
        Large("template", "a thousand code blocks before a long text", "a:\n", "@!@\n@!@\n", 7_900, new string('#', 3_000_000)),
        Large("ucr", "nothing but a reference to a long value", $"# x\nk0: {new string('v', 20_000)}\nk1: a\n", "k2@%@k0@%@: @%@k0@%@@%@k0@%@\n", 4_000_000, ""),
        Large("ucr", "two hundred defaults on a doubling chain", $"# x\nk0: v\n{string.Concat(Enumerable.Range(1, 16).Select(i => $"k{i}: @%@k{i - 1}@%@@%@k{i - 1}@%@\n"))}", "m#: @%@k16@%@\n", 4_000, ""),
        Large("ucr", "four hundred defaults of three hundred thousand characters", $"# x\nbig: {new string('v', 3000)}\nk0: {string.Concat(Enumerable.Repeat("@%@big@%@", 100))}\n", "m#: @%@k0@%@\n", 10_000, ""),
        Large("template", "a value that eats itself and comes again", "@%@eater@%@", "", 0, ""),
        Large("compose", "merges that double", "x0: &a0 {image: 'a:1'}\n", string.Concat(Enumerable.Range(1, 39).Select(i => $"x{i}: &a{i} {{<<: [*a{i - 1}, *a{i - 1}]}}\n")), 1, "services:\n  web:\n    <<: *a39\n"),
        Large("compose", "aliases that double", "x0: &a0 [a]\n", string.Concat(Enumerable.Range(1, 59).Select(i => $"x{i}: &a{i} {{k: *a{i - 1}, l: *a{i - 1}}}\n")), 1, "services:\n  web: {image: 'a:1', labels: *a59, environment: [*a59, *a59], volumes: [*a59], ports: [*a59]}\n"),
        Large("docker-config", "as many logins as go in", "{\"auths\":{\"a\":{}", ",\"b\":{\"auth\":\"dTpw\"}", 1_000_000, "}}"),
        Large("journal-file", "nothing but open intents", "", "{\"mark\":\"intent\",\"run\":\"r\",\"act\":#,\"at\":\"2026-11-21T12:00:00Z\",\"kind\":\"pull\"}\n", 8_000_000, ""),
        Large("json-cache", "one long text", "[{\"component_id\":\"kelvin_1\",\"docker_image\":\"x\",\"version\":\"", "v", 16_000_000, "\"}]"),
        Large("compose", "brackets on one line", "services: ", "[", 1_000_000, ""),
        Large("compose", "keys without values", "services:\n web: {image: a}\n", "#:\n", 500_000, ""),
        Large("apps-yaml", "a directive and blanks", "%YA", " ", 250_000, ""),
        Large("apps-yaml", "lists in lists", "", "- ", 250_000, ""),
        Large("apps-yaml", "comments", "", "#\n", 250_000, ""),
        Large("apps-yaml", "lines of brackets", "a:\n", "  [\n", 250_000, ""),
        Large("apps-yaml", "keys", "", "a#: 'x\n\n  y'\n", 250_000, ""),
        Large("challenge", "the longest header", "Bearer realm=\"", "a\\\\", 16_000, "\""),
        Large("appcenter-log", "a message without an end", "  4711 docker 26-11-21 12:00:00 [   ERROR]: Command x failed with: ", "(1) (\n", 1_000_000, ""),
        Large("packages", "one line", "Package: a\nStatus: ", "x", 3_000_000, ""),
        Large("sentence", "opening for ever", "", "open /a", 1_000_000, ""),
        Large("manifest", "as many layers as go in", "{\"config\":{},\"layers\":[{}", ",{}", 4_000_000, "]}"),
        Large("pull-stream", "a line without an end", "{\"status\":\"", "a", 3_000_000, ""),
    ];

    [TestCaseSource(nameof(LargeInputs))]
    public void Takes_the_largest_input_in_no_time(string name, string what, byte[] input)
    {
        var target = Targets.Single(target => target.Name == name) with { MostAllocated = 1L << 30 };
        var outcome = new FuzzRun(target, new([input], [[0]], input.Length, 1), 0, 1).Run();
        Assert.That(outcome.Failure, Is.Null, what);
    }

    // '#' in the middle is a number of its own each time
    private static TestCaseData Large(string target, string what, string start, string middle, int bytes, string end)
    {
        var text = new System.Text.StringBuilder(start);
        for (var number = 0; text.Length < bytes; number++) text.Append(middle.Contains('#', StringComparison.Ordinal) ? middle.Replace("#", number.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal) : middle);
        return new TestCaseData(target, what, System.Text.Encoding.Latin1.GetBytes(text + end)).SetArgDisplayNames(target, what);
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
