using AppPreflight.Rehearsal;
using NUnit.Framework;

namespace AppPreflight.LayerStore;

/// <summary>No false alarm: images made in every way, on a store with containers running, against the program as it ships.</summary>
[NonParallelizable]
internal sealed class SoundStoreTests
{
    private static readonly Lazy<string> Name = new(SharedStage.NextName);

    private static bool prepared;

    private static IEnumerable<TestCaseData<string>> Names => SoundImages.All.Select(image => new TestCaseData<string>(image.Name));

    private static IEnumerable<TestCaseData<string>> UnprovableNames => SoundImages.Unprovable.Select(image => new TestCaseData<string>(image.Name));

    [TestCaseSource(nameof(Names))]
    [CancelAfter(120_000)]
    public async Task Finds_nothing(string name, CancellationToken cancellationToken)
    {
        var stage = await OpenAsync(cancellationToken);
        var reference = await MakeAsync(stage, SoundImages.All.First(image => image.Name == name), cancellationToken);

        var verdict = await StoredVerdict.OfAsync(stage.Engine, reference, cancellationToken);

        Assert.That(verdict.Findings, Is.Empty);
        Assert.That(verdict.ExitCode, Is.Zero);
        Assert.That(verdict.Way, Is.EqualTo("layer-store"));
    }

    [TestCaseSource(nameof(UnprovableNames))]
    [CancelAfter(120_000)]
    public async Task Blames_nobody_where_no_proof_is_possible(string name, CancellationToken cancellationToken)
    {
        var stage = await OpenAsync(cancellationToken);
        var reference = await MakeAsync(stage, SoundImages.Unprovable.First(image => image.Name == name), cancellationToken);

        var verdict = await StoredVerdict.OfAsync(stage.Engine, reference, cancellationToken);

        Assert.That(verdict.Findings, Has.Count.EqualTo(1).And.One.Contains($" unknown {reference} "));
        Assert.That(verdict.ExitCode, Is.EqualTo(2));
    }

    [Test]
    [CancelAfter(120_000)]
    public async Task Finds_nothing_in_an_image_that_a_container_runs_on_and_writes_over(CancellationToken cancellationToken)
    {
        var stage = await OpenAsync(cancellationToken);
        var ground = Workshop.Ground(Name.Value);
        string[] script = ["/bin/sh", "-c", "rm -r /lower; echo x >/etc/motd; ln /bin/busybox /b2; chmod 0700 /bin; touch /done; sleep 2147483647"];
        var container = await stage.Engine.Api.RunAsync($"{Name.Value}-running", ground, script, cancellationToken);
        var folders = await stage.Engine.Api.GetAsync($"/containers/{container}/json", cancellationToken);
        var own = folders["GraphDriver"]!["Data"]!["UpperDir"]!.GetValue<string>();
        while (!File.Exists(Path.Combine(own, "done"))) await Task.Delay(10, cancellationToken);

        var verdict = await StoredVerdict.OfAsync(stage.Engine, ground, cancellationToken);
        var after = await stage.Engine.Api.ContainerAsync(container, cancellationToken);
        await stage.Engine.Api.RemoveContainerAsync(container, cancellationToken);

        Assert.That(verdict.Findings, Is.Empty);
        Assert.That(verdict.ExitCode, Is.Zero);
        Assert.That(after.Running, Is.True);
    }

    private static async Task<Stage> OpenAsync(CancellationToken cancellationToken)
    {
        var stage = await SharedStage.OpenAsync(cancellationToken);
        await stage.SettleAsync(cancellationToken);
        if (!prepared) await Workshop.PrepareAsync(stage, Name.Value, cancellationToken);
        prepared = true;
        return stage;
    }

    /// <summary>Makes the image, and lets a witness read it: an image that even its engine can't export proves nothing here.</summary>
    private static async Task<string> MakeAsync(Stage stage, SoundImage image, CancellationToken cancellationToken)
    {
        var workshop = new Workshop(stage, Name.Value, image.Name);
        await image.MakeAsync(workshop, cancellationToken);
        if (image.IsExported) await stage.Engine.Api.ExportAsync(workshop.Reference, Stream.Null, cancellationToken);
        return workshop.Reference;
    }
}
