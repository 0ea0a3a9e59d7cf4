using AppPreflight.Pipeline;
using NUnit.Framework;

namespace AppPreflight.Rehearsal;

/// <summary>The instrument works: every row is there and plausible. How long anything takes is no matter of a test.</summary>
[NonParallelizable]
internal sealed class BenchTests
{
    private static readonly (string Section, string Name)[] Rows =
    [
        (BenchResult.Check, BenchResult.OursCheck), (BenchResult.Check, BenchResult.Inspect),
        (BenchResult.Stored, BenchResult.OursStored), (BenchResult.Stored, BenchResult.Save), (BenchResult.Stored, BenchResult.OpenSsl),
        (BenchResult.Served, BenchResult.OursServed), (BenchResult.Served, BenchResult.Skopeo), (BenchResult.Served, BenchResult.Pull),
        (BenchResult.Big, BenchResult.Pull), (BenchResult.Big, BenchResult.OursStored), (BenchResult.Big, BenchResult.OursServed),
    ];

    [Test]
    [CancelAfter(240_000)]
    public async Task Quick_run_gives_every_row_a_plausible_figure_and_leaves_nothing_behind(CancellationToken cancellationToken)
    {
        var options = new BenchOptions(ShippedProgram.Find()) { Rounds = 1, Megabytes = 50, BigMegabytes = 50, Cold = false };
        await using var appliance = await SharedStage.BuildAsync([], cancellationToken);
        await appliance.Stage.Engine.Api.FetchAsync(appliance.IntermediateReference, null, cancellationToken);
        await appliance.Stage.Engine.Api.FetchAsync(appliance.TargetReference, null, cancellationToken);

        var result = await Bench.RunAsync(appliance, options, _ => { }, cancellationToken);

        Assert.That(result.Rows.Select(row => (row.Section, row.Name)), Is.EqualTo(Rows));
        Assert.That(result.Rows.Select(row => row.Times.Count), Is.All.EqualTo(1));
        Assert.That(result.Rows.Select(row => row.Median), Is.All.GreaterThan(TimeSpan.FromMilliseconds(1)));
        Assert.That(result.Rows.Where(row => row.PeakBytes is not null).Select(row => row.PeakBytes), Has.Exactly(7).InRange(2_000_000, 4_000_000_000));
        Assert.That(result.Rates.AllCores, Is.GreaterThan(result.Rates.OneThread / 2));
        Assert.That(result.Goals.Select(goal => goal.Measured), Has.Exactly(7).Items.And.All.GreaterThan(0));
        Assert.That(result.Machine.Select(fact => fact.Value), Is.All.Not.Empty);
        Assert.That(Directory.GetDirectories(appliance.Stage.Registry.Folder, "bench*"), Is.Empty);
        Assert.That((await appliance.Stage.Engine.Api.GetAsync("/images/json", cancellationToken)).ToJsonString(), Does.Not.Contain($"bench{appliance.Name}"));
    }

    [Test]
    [CancelAfter(240_000)]
    public async Task Comparison_is_measured_beside_its_peers_and_leaves_nothing_behind(CancellationToken cancellationToken)
    {
        var stage = await SharedStage.OpenAsync(cancellationToken);
        var figures = await BenchCompare.RunAsync(stage, new(ShippedProgram.Find()) { Rounds = 1 }, SharedStage.NextName(), 10, _ => { }, cancellationToken);

        Assert.That(figures.Rows.Select(row => (row.Section, row.Name)), Is.EqualTo(((string, string)[])
        [
            (CompareFigures.Identical, CompareFigures.Ours), (CompareFigures.Identical, CompareFigures.Raw),
            (CompareFigures.Image, CompareFigures.Ours), (CompareFigures.Image, CompareFigures.Raw),
            (CompareFigures.Layers, CompareFigures.Ours), (CompareFigures.Layers, CompareFigures.Raw),
            (CompareFigures.Files, CompareFigures.Ours), (CompareFigures.Files, CompareFigures.Diff), (CompareFigures.Files, CompareFigures.UnpackedDiff),
        ]));
        Assert.That(figures.Rows.Select(row => row.Median), Is.All.GreaterThan(TimeSpan.FromMilliseconds(1)));
        Assert.That(figures.Goals.Select(goal => goal.Limit), Is.EqualTo((double[])[0.3, 0.3, 0.3]));
        Assert.That(Directory.GetDirectories(stage.Registry.Folder, "compare*"), Is.Empty);
    }

    [Test]
    public void Section_of_comparisons_is_written_anew_and_nothing_else()
    {
        var figures = new CompareFigures([new(CompareFigures.Identical, CompareFigures.Ours, Times(0.2), 60_000_000, 0), new(CompareFigures.Identical, CompareFigures.Raw, Times(0.1), null, 0)], [(CompareFigures.Identical, "two tags")]);
        var section = BenchPaper.Compared(figures, [("processor", "abacus")]);
        var once = BenchPaper.WithCompared("# Performance\n\nold words\n", section);
        Assert.That(BenchPaper.WithCompared(once, section), Is.EqualTo(once));
        Assert.That(once, Does.StartWith("# Performance\n\nold words\n\n## Comparing two images\n"));
        var lines = once.Split('\n').Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries))).ToList();
        Assert.That(lines, Does.Contain("- same manifest: two tags."));
        Assert.That(lines, Does.Contain("| same manifest | skopeo inspect --raw, two calls | 0.100 | 0.100 - 0.100 | | 2.00 | |"));
        Assert.That(lines, Does.Contain("| compare, same manifest, s | 0.2 | 0.3 | met |"));
    }

    [Test]
    [CancelAfter(120_000)]
    public async Task Pass_that_read_too_little_is_no_figure(CancellationToken cancellationToken)
    {
        await using var appliance = await SharedStage.BuildAsync([], cancellationToken);
        var program = Path.Combine(appliance.Stage.Engine.Folder, "hasty");
        await File.WriteAllTextAsync(program, """
            #!/bin/sh
            echo '{"verdict":"pass","bytes":{"hashed":999}}'

            """, cancellationToken);
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.UserWrite);
        var options = new BenchOptions(program) { Rounds = 1, Megabytes = 2, Cold = false };
        Assert.That(
            async () => await Bench.RunAsync(appliance, options, _ => { }, cancellationToken),
            Throws.TypeOf<RehearsalException>().With.Message.StartsWith("app-preflight verify --stored said pass after 999 bytes, wanted"));
    }

    [TestCase("/bin/false", "/bin/false  ended with 1: ")]
    [TestCase("/nowhere/at-all", "cannot start /nowhere/at-all: ")]
    public void Program_that_does_not_work_is_named(string program, string sentence) => Assert.That(
        async () => await Lap.RunAsync(program, [], CancellationToken.None), Throws.TypeOf<RehearsalException>().With.Message.StartsWith(sentence));

    [Test]
    [CancelAfter(30_000)]
    public async Task Lap_sees_the_memory_its_program_held(CancellationToken cancellationToken)
    {
        var lap = await Lap.RunAsync("/usr/bin/python3", ["-c", "import time; x = b'x' * 300_000_000; time.sleep(0.2); print(len(x))"], cancellationToken);
        Assert.That(lap.PeakBytes, Is.InRange(300_000_000, 400_000_000));
        Assert.That(lap.Output, Is.EqualTo("300000000\n"));
    }

    [Test]
    public void Paper_tells_medians_ratios_the_bound_and_which_goals_were_met()
    {
        var subject = new BenchSubject(10_000, 1_000_000_000, 450_000_000, [900_000_000, 100_000_000]);
        List<BenchRow> rows =
        [
            new(BenchResult.Stored, BenchResult.OursStored, Times(0.5, 0.6, 9), 100_000_000, 1_000_000_000),
            new(BenchResult.Stored, BenchResult.Save, Times(6), null, 1_000_000_000),
            new(BenchResult.Stored, BenchResult.OpenSsl, Times(0.6), 6_000_000, 1_000_000_000),
            new(BenchResult.Served, BenchResult.OursServed, Times(1, 3), 160_000_000, 450_000_000),
            new(BenchResult.Served, BenchResult.Skopeo, Times(4), 20_000_000, 450_000_000),
            new(BenchResult.Served, BenchResult.Pull, Times(8), null, 450_000_000),
        ];
        var paper = BenchPaper.Write(new(subject, new(1e9, 2e9, 2), rows, 3, [("processor", "abacus")]) { NotCold = "it is summer" });

        var lines = paper.Split('\n').Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries))).ToList();
        Assert.That(lines, Does.Contain("| stored, warm | app-preflight verify --stored | 0.600 | 0.500 - 9.000 | 1667 | | 100 |"));
        Assert.That(lines, Does.Contain("| stored, warm | docker save to a pipe | 6.000 | 6.000 - 6.000 | 167 | 0.10 | |"));
        Assert.That(lines, Does.Contain("| stored, warm | bound: bytes / (rate x cores) | 0.500 | | | 1.20 | |"));
        Assert.That(lines, Does.Contain("| served, warm | skopeo copy docker:// dir: | 4.000 | 4.000 - 4.000 | 113 | 0.50 | 20 |"));
        Assert.That(lines, Does.Contain("| stored: verify : docker save | 0.1 | 0.125 | met |"));
        Assert.That(lines, Does.Contain("| stored: verify : openssl | 1 | 0.8 | missed |"));
        Assert.That(lines, Does.Contain("| peak memory of verify --served, MB | 160 | 150 | missed |"));
        Assert.That(lines, Does.Contain("| processor | abacus |"));
        Assert.That(lines, Does.Contain("- No cold figure: it is summer."));
        Assert.That(paper, Does.Contain("gzip leaves 45 %"));
    }

    private static List<TimeSpan> Times(params double[] seconds) => [.. seconds.Select(TimeSpan.FromSeconds)];
}
