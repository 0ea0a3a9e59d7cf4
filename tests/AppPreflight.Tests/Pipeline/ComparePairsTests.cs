using AppPreflight.Rehearsal;
using NUnit.Framework;

namespace AppPreflight.Pipeline;

/// <summary>The whole catalogue of pairs against the program as it ships, on a real engine and registry.</summary>
[NonParallelizable]
internal sealed class ComparePairsTests
{
    private static RegistryServer? registry;

    private static IEnumerable<TestCaseData<string>> Names => ComparePairs.All.Select(pair => new TestCaseData<string>(pair.Name));

    [OneTimeTearDown]
    public async Task Close()
    {
        if (registry is { } open) await open.DisposeAsync();
        registry = null;
    }

    [TestCaseSource(nameof(Names))]
    [CancelAfter(60_000)]
    public async Task Tells_grade_and_first_difference_of_the_pair(string pair, CancellationToken cancellationToken)
    {
        var stage = await OpenAsync(cancellationToken);
        var faults = await PairTrial.RunAsync(stage, ShippedProgram.Find(), SharedStage.NextName(), ComparePairs.Find(pair), cancellationToken);
        Assert.That(string.Join('\n', faults), Is.Empty);
    }

    [Test]
    public void Catalogue_has_pairs_for_every_grade() => Assert.That(
        ComparePairs.All.Select(pair => pair.Grade).Distinct(),
        Is.EquivalentTo((string?[])["tags-identical", "tags-same-image", "tags-same-layers", "tags-same-files", "tags-differ", null]));

    [Test]
    public void Names_are_kebab_case_and_unique() => Assert.That(ComparePairs.All.Select(pair => pair.Name), Is.Unique.And.All.Match("^[a-z]+(-[a-z]+)*$"));

    [TestCase("tags-same-image", "label", 1)]
    [TestCase("same-image", "label", 1)]
    [TestCase("same-image", "recompressed", 0)]
    [TestCase("identical", "recompressed", 1)]
    [TestCase("same-layers", "label", 0)]
    [TestCase("same-layers", "time-stamps", 1)]
    [TestCase("same-files", "time-stamps", 0)]
    [TestCase("same-files", "one-file", 1)]
    [CancelAfter(60_000)]
    public async Task Exit_code_obeys_the_grade_that_is_asked_for(string grade, string pair, int exit, CancellationToken cancellationToken)
    {
        var (code, told) = await TellAsync(pair, $"--grade {grade}", cancellationToken);
        Assert.That((code, told["grade"]!.GetValue<string>()), Is.EqualTo((exit, ComparePairs.Find(pair).Grade)));
    }

    [TestCase("compare", "compare")]
    [TestCase("compare a:1", "two")]
    [TestCase("compare a:1 b:1 c:1", "c:1")]
    [TestCase("compare a:1 b:1 --grade nonsense", "nonsense")]
    [TestCase("compare UPPER:1 b:1", "UPPER:1")]
    [TestCase("compare oci: b:1", "oci:")]
    [CancelAfter(30_000)]
    public async Task Wrong_usage_is_told_and_ends_with_64(string words, string told, CancellationToken cancellationToken)
    {
        var program = new Executable(ShippedProgram.Find(), "/nowhere", "unix:///nowhere/docker.sock", "/nowhere");
        var (code, said) = await program.EndAsync(words, cancellationToken);
        Assert.That(code, Is.EqualTo(64));
        Assert.That(said, Does.Contain(told).And.Not.Contain(" at AppPreflight"));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task Files_are_all_printed_when_asked_for(CancellationToken cancellationToken)
    {
        var pair = ComparePairs.Find("dropped");
        var printed = await OnStandAsync(pair, (program, a, b) => program.SayAsync($"compare {a} {b} --files", cancellationToken), cancellationToken);
        foreach (var file in pair.Files) Assert.That(printed, Does.Contain(file.Split(' ')[1]));
    }

    private static Task<(int ExitCode, System.Text.Json.Nodes.JsonNode Comparison)> TellAsync(string pair, string options, CancellationToken cancellationToken) =>
        OnStandAsync(ComparePairs.Find(pair), (program, a, b) => program.CompareAsync($"{a} {b} {options}", cancellationToken), cancellationToken);

    // a registry of their own: schema 1 is nothing for the others
    private static async Task<Stage> OpenAsync(CancellationToken cancellationToken)
    {
        var shared = await SharedStage.OpenAsync(cancellationToken);
        registry ??= await RegistryServer.StartAsync(new(Schema1: true), cancellationToken);
        return shared.Beside(registry);
    }

    private static async Task<T> OnStandAsync<T>(ComparePair pair, Func<Executable, string, string, Task<T>> run, CancellationToken cancellationToken)
    {
        var stage = await OpenAsync(cancellationToken);
        await using var stand = new PairStand(stage, SharedStage.NextName());
        var a = await pair.A(stand, "a", cancellationToken);
        var b = await pair.B(stand, "b", cancellationToken);
        return await run(stand.Program(ShippedProgram.Find()), a, b);
    }
}
