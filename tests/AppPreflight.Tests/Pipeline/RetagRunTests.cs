using AppPreflight.AppCenter;
using AppPreflight.Checks;
using AppPreflight.Docker;
using AppPreflight.Hardware;
using AppPreflight.Images;
using AppPreflight.Journal;
using AppPreflight.Registry;
using AppPreflight.Rehearsal;
using AppPreflight.Remedies;
using AppPreflight.Runs;
using NUnit.Framework;
using Appliance = AppPreflight.Rehearsal.Appliance;

namespace AppPreflight.Pipeline;

/// <summary>Runs on one day after the other, against a real engine and a real registry at which somebody pushes in between.</summary>
[NonParallelizable]
[CancelAfter(120_000)]
internal sealed class RetagRunTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 19, 3, 10, 0, TimeSpan.Zero);

    [Test]
    public async Task Tells_on_each_day_what_became_of_the_tag(CancellationToken cancellationToken)
    {
        await using var host = await SharedStage.BuildAsync([], cancellationToken);
        var (built, relabelled, rebuilt) = (host.Images.Intermediate, KelvinImages.Relabelled(host.Images.Intermediate, "later"), KelvinImages.Rebuilt(host.Images.Intermediate, host.Name));
        var first = await RunAsync(host, 0, RunVerb.Repair, cancellationToken);
        Assert.That((first.Verdict, first.Findings.Count), Is.EqualTo((Verdict.Pass, 0)));

        await PushAsync(host, relabelled, cancellationToken);
        var second = await RunAsync(host, 2, RunVerb.Check, cancellationToken);
        var moved = second.Findings.Single();
        Assert.That((second.Verdict, moved.Code, moved.Source, moved.Grade), Is.EqualTo((Verdict.Warn, FindingCode.TagMoved, Source.Engine, (TagGrade?)TagGrade.SameLayers)));
        Assert.That(moved.Message, Does.Contain("the layers are the same, its configuration is another (whether they are started otherwise: ").And.Contain("); pushed again between 2026-11-19 03:10 and 2026-11-21 03:10 UTC, it was " + Short(built)));
        Assert.That(second.Actions.Select(action => (action.Kind, action.Outcome)), Does.Contain((RemedyKind.Pull, ActionOutcome.Planned)));

        var healed = await RunAsync(host, 3, RunVerb.Repair, cancellationToken);
        Assert.That(healed.Cured.Select(finding => (finding.Code, finding.Source)), Is.EqualTo(new[] { (FindingCode.TagMoved, Source.Engine) }));
        Assert.That((healed.Verdict, healed.Findings.Single().Source, healed.Findings.Single().Look), Is.EqualTo((Verdict.Warn, Source.Registry, Look.Second)));
        Assert.That((await host.Stage.Engine.Api.FindImageAsync(host.IntermediateReference, cancellationToken))!.Id, Is.EqualTo(relabelled.ConfigDigest));

        var told = await RunAsync(host, 4, RunVerb.Check, cancellationToken);
        Assert.That((told.Verdict, told.Actions.Count), Is.EqualTo((Verdict.Warn, 0)));
        Assert.That(told.Findings.Single().Message, Is.EqualTo(
            "This tag was pushed again between 2026-11-19 03:10 and 2026-11-21 03:10 UTC: the layers are the same, its configuration is another: the same contents, perhaps started otherwise; "
            + $"it was {Short(built)} since 2026-11-19 03:10"));

        await PushAsync(host, rebuilt, cancellationToken);
        var other = await RunAsync(host, 5, RunVerb.Check, cancellationToken);
        Assert.That((other.Verdict, other.Findings.Single().Source, other.Findings.Single().Grade), Is.EqualTo((Verdict.Fail, Source.Engine, (TagGrade?)null)));
        Assert.That(other.Findings.Single().Message, Does.Contain("1 of 4 layers is another one").And.Contain($"it was {Short(relabelled)} since 2026-11-21 03:10"));

        await PushAsync(host, relabelled, cancellationToken);
        var back = await RunAsync(host, 6, RunVerb.Check, cancellationToken);
        Assert.That((back.Verdict, back.Actions.Count), Is.EqualTo((Verdict.Warn, 0)));
        Assert.That(back.Findings.Single().Message, Does.Contain("another build, 1 of 4 layers is another one; it was " + Short(rebuilt)).And.EndWith("and before that, until 2026-11-23 03:10, what it is now"));
        Assert.That(back.Findings.Single().Remedy, Is.EqualTo($"app-preflight compare {host.Repository}@{rebuilt.Manifest.Digest} {host.IntermediateReference}"));

        Assert.That((await RunAsync(host, 19, RunVerb.Check, cancellationToken)).Verdict, Is.EqualTo(Verdict.Warn));
        Assert.That((await RunAsync(host, 20, RunVerb.Check, cancellationToken)).Verdict, Is.EqualTo(Verdict.Pass));
    }

    [Test]
    public async Task Tells_it_of_an_image_that_is_not_here_and_plans_nothing_for_it(CancellationToken cancellationToken)
    {
        await using var host = await SharedStage.BuildAsync([], cancellationToken);
        var first = await RunAsync(host, 0, RunVerb.Check, cancellationToken);
        await PushAsync(host, KelvinImages.Recompressed(host.Images.Intermediate), cancellationToken);
        var second = await RunAsync(host, 1, RunVerb.Check, cancellationToken);
        Assert.That(second.Findings.Where(finding => finding.Subject == host.IntermediateReference).Select(finding => (finding.Code, finding.Verdict, finding.Grade)),
            Is.EquivalentTo(new[] { (FindingCode.ImageAbsent, Verdict.Fail, (TagGrade?)null), (FindingCode.TagMoved, Verdict.Warn, TagGrade.SameImage) }));
        Assert.That(second.Actions.Select(action => (action.Kind, action.Subject, string.Join(' ', action.Cures))), Is.EqualTo(first.Actions.Select(action => (action.Kind, action.Subject, string.Join(' ', action.Cures)))));
    }

    [Test]
    public async Task Says_nothing_of_another_index_around_the_same_manifest(CancellationToken cancellationToken)
    {
        await using var host = await SharedStage.BuildAsync([], cancellationToken);
        await RunAsync(host, 0, RunVerb.Repair, cancellationToken);
        var index = ImageBuilder.Index(ImageFormat.Docker, attestation: true, host.Images.Intermediate);
        await host.Stage.Registry.Api.PushAsync(host.RepositoryPath, "2.0.0", index, cancellationToken);
        var report = await RunAsync(host, 1, RunVerb.Check, cancellationToken);
        Assert.That((report.Verdict, report.Findings.Count), Is.EqualTo((Verdict.Pass, 0)));
    }

    [Test]
    public async Task Remembers_nothing_of_a_verify_and_of_a_chain(CancellationToken cancellationToken)
    {
        await using var host = await SharedStage.BuildAsync([], cancellationToken);
        await RunAsync(host, 0, RunVerb.Chain, cancellationToken);
        using var store = new DockerImageStore(DockerHost.Parse(host.Host), TimeProvider.System);
        await RunOf(host, store, TimeProvider.System).VerifyAsync(host.IntermediateReference, Sides.Served, new NoEvents(), cancellationToken);
        Assert.That(new TagFile(host.State).Recall(), Is.Empty);
    }

    private static string Short(BuiltImage image) => image.Manifest.Digest[..19];

    private static Task PushAsync(Appliance host, BuiltImage image, CancellationToken cancellationToken) =>
        host.Stage.Registry.Api.PushAsync(host.RepositoryPath, "2.0.0", image, cancellationToken);

    private static async Task<PreflightReport> RunAsync(Appliance host, int day, RunVerb verb, CancellationToken cancellationToken)
    {
        using var store = new DockerImageStore(DockerHost.Parse(host.Host), TimeProvider.System);
        return await RunOf(host, store, new Calendar(Start.AddDays(day))).RunAsync(new(verb, Appliance.App), new NoEvents(), cancellationToken);
    }

    private static PreflightRun RunOf(Appliance host, DockerImageStore store, TimeProvider time) => new(new(
        new AppCenterFiles(host.Root, TimeProvider.System), store, new NoLayers(),
        (network, _) => new RegistryClient(new() { Network = network, Root = host.Root }, TimeProvider.System),
        new JournalDirectory(host.State, _ => { }), new ProofFile(host.State), new TagFile(host.State), new KernelSigns(host.Root), time, new("linux", "amd64")));

    /// <summary>One day of the calendar; timers go on as ever.</summary>
    private sealed class Calendar(DateTimeOffset day) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => day;
    }
}
