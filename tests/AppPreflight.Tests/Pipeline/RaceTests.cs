using System.Formats.Tar;
using System.Text.Json.Nodes;
using AppPreflight.Rehearsal;
using NUnit.Framework;

namespace AppPreflight.Pipeline;

/// <summary>Others act on the same host and registry while the shipped program works: what it says is about what is there then, and proven, or it is no pass.</summary>
[NonParallelizable]
internal sealed class RaceTests
{
    private const string Purge = "DELETE /v1.41/images/";
    private const string PullNext = "tag=2.0.0";
    private const string PullLast = "tag=release3.1.1";

    private static readonly string Repair = $"repair {Appliance.App}";

    [Test]
    [CancelAfter(120_000)]
    public async Task A_catalogue_that_is_refreshed_is_read_as_the_old_one_or_the_new_one(CancellationToken cancellationToken)
    {
        await using var host = await SharedStage.BuildAsync([], cancellationToken);
        var cache = Path.Combine(host.Root, "var/cache/univention-appcenter/appcenter.software-univention.de/5.2");
        var program = new Executable(ShippedProgram.Find(), host);
        var old = await ChainAsync(program, cancellationToken);
        host.Offer("3.2.0", $"{host.Repository}:3.2.0");
        var renewed = await ChainAsync(program, cancellationToken);
        Assert.That(renewed, Is.Not.EqualTo(old));

        var newFiles = Directory.GetFiles(cache, "*.ini").ToDictionary(path => Path.GetFileName(path)!, File.ReadAllText, StringComparer.Ordinal);
        var oldFiles = newFiles.Where(file => !file.Value.Contains("3.2.0", StringComparison.Ordinal)).ToDictionary(StringComparer.Ordinal);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var refreshing = Task.Run(() => RefreshAsync(cache, [oldFiles, newFiles], end.Token), cancellationToken);
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var round = 0; round < 25; round++)
        {
            var chain = await ChainAsync(program, cancellationToken);
            seen[chain] = seen.GetValueOrDefault(chain) + 1;
        }

        await end.CancelAsync();
        await refreshing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Assert.That(seen.Keys, Is.SubsetOf(new[] { old, renewed, "catalog-refreshing" }));
    }

    [TestCase(GateStop.Before)]
    [TestCase(GateStop.After)]
    [CancelAfter(60_000)]
    public async Task A_tag_that_moves_under_a_pull_is_proven_as_it_is_then_or_no_pass(GateStop stop, CancellationToken cancellationToken)
    {
        await using var host = await SharedStage.BuildAsync([Damages.Find("absent")], cancellationToken);
        var (code, report) = await DisturbAsync(host, PullNext, stop, () => StoreDamages.MoveTagAsync(host, cancellationToken), cancellationToken);
        if (stop == GateStop.Before) ExpectProven(code, report, host);
        else Assert.That((code, Executable.CodesOf(report)), Is.EqualTo((1, new[] { "tag-moved" })));
        await ExpectHealedAsync(host, cancellationToken);
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task A_tag_that_moved_between_check_and_gate_is_noticed_and_what_is_let_through_is_proven(CancellationToken cancellationToken)
    {
        await using var host = await SharedStage.BuildAsync([Damages.Find("absent")], cancellationToken);
        var program = new Executable(ShippedProgram.Find(), host);
        Assert.That((await program.ReportAsync(Repair, cancellationToken)).ExitCode, Is.Zero);
        await StoreDamages.MoveTagAsync(host, cancellationToken);
        var (code, report) = await program.ReportAsync($"gate {Appliance.App}=2.0.0", cancellationToken);
        ExpectProven(code, report, host);
        Assert.That(report["cured"]!.AsArray().Select(finding => finding!["code"]!.GetValue<string>()), Has.Member("tag-moved"));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task A_name_that_somebody_gives_in_the_moment_of_the_purge_stays(CancellationToken cancellationToken)
    {
        await using var host = await SharedStage.BuildAsync([Damages.Find("stored-layer-rotten")], cancellationToken);
        var name = $"late/{host.Name}:1";
        var (_, report) = await DisturbAsync(
            host, Purge, GateStop.Before, () => host.Stage.Engine.Api.TagAsync(host.Images.Intermediate.ConfigDigest, name, cancellationToken), cancellationToken);
        Assert.That((await host.Stage.Engine.Api.FindImageAsync(name, cancellationToken))?.Id, Is.EqualTo(host.Images.Intermediate.ConfigDigest));
        Assert.That(report["verdict"]!.GetValue<string>(), Is.EqualTo("fail"), "its layers could not go, so they are what they were");
        await ExpectHealedAsync(host, cancellationToken);
        Assert.That(await host.Stage.Engine.Api.FindImageAsync(name, cancellationToken), Is.Not.Null);
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task An_image_that_a_container_takes_in_the_moment_of_the_purge_stays_with_its_names(CancellationToken cancellationToken)
    {
        await using var host = await SharedStage.BuildAsync([Damages.Find("stored-layer-rotten")], cancellationToken);
        var container = "";
        var (code, _) = await DisturbAsync(host, Purge, GateStop.Before, async () =>
            container = await host.Stage.Engine.Api.RunAsync($"late{host.Name}", host.IntermediateReference, ["/bin/sleep", "1000"], cancellationToken), cancellationToken);
        Assert.That(code, Is.EqualTo(1));
        Assert.That((await host.Stage.Engine.Api.ContainerAsync(container, cancellationToken)).Running, Is.True);
        Assert.That((await host.Stage.Engine.Api.FindImageAsync(host.IntermediateReference, cancellationToken))?.Id, Is.EqualTo(host.Images.Intermediate.ConfigDigest));
        await host.Stage.Engine.Api.RemoveContainerAsync(container, cancellationToken);
        await ExpectHealedAsync(host, cancellationToken);
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task An_image_that_somebody_else_pulls_meanwhile_is_proven_like_any_other(CancellationToken cancellationToken)
    {
        await using var host = await SharedStage.BuildAsync([Damages.Find("absent")], cancellationToken);
        var (code, report) = await DisturbAsync(
            host, PullNext, GateStop.Before, () => host.Stage.Engine.Api.FetchAsync(host.IntermediateReference, null, cancellationToken), cancellationToken);
        ExpectProven(code, report, host);
        await ExpectHealedAsync(host, cancellationToken);
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task An_image_that_somebody_removes_after_its_pull_is_no_pass(CancellationToken cancellationToken)
    {
        await using var host = await SharedStage.BuildAsync([Damages.Find("absent")], cancellationToken);
        var (code, report) = await DisturbAsync(
            host, PullLast, GateStop.Before, () => host.Stage.Engine.Api.RemoveImageAsync(host.IntermediateReference, force: false, cancellationToken), cancellationToken);
        Assert.That((code, Executable.CodesOf(report)), Is.EqualTo((1, new[] { "image-absent" })));
        await ExpectHealedAsync(host, cancellationToken);
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task A_name_that_somebody_puts_on_another_image_after_its_pull_is_no_pass(CancellationToken cancellationToken)
    {
        await using var host = await SharedStage.BuildAsync([Damages.Find("absent")], cancellationToken);
        var (code, report) = await DisturbAsync(host, PullLast, GateStop.Before, () => StoreDamages.TagForeignAsync(host, cancellationToken), cancellationToken);
        Assert.That((code, Executable.CodesOf(report)), Is.EqualTo((1, new[] { "tag-moved" })));
        await ExpectHealedAsync(host, cancellationToken);
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task An_app_that_is_upgraded_meanwhile_has_a_report_on_the_version_that_was(CancellationToken cancellationToken)
    {
        await using var host = await SharedStage.BuildAsync([Damages.Find("absent")], cancellationToken);
        var (_, report) = await DisturbAsync(host, PullLast, GateStop.Before, () => HostDamages.RegisterAhead(host), cancellationToken);
        Assert.That(report["installed"]!.GetValue<string>(), Is.EqualTo("1.10.3"));
        var shown = await new Executable(ShippedProgram.Find(), host).SayAsync($"status {Appliance.App} --json", cancellationToken);
        var app = JsonNode.Parse(shown)!["apps"]!.AsArray().Single()!;
        Assert.That(app["state"]!.GetValue<string>(), Is.EqualTo("unknown"));
        Assert.That(app["reason"]!.GetValue<string>(), Does.StartWith("not checked since 1.10.3 became 2.0.0"));
    }

    private static async Task<(int Code, JsonNode Report)> DisturbAsync(
        Appliance host, string request, GateStop stop, Func<Task> disturbance, CancellationToken cancellationToken)
    {
        var running = await host.LookAtContainerAsync(cancellationToken);
        await using var gate = new EngineGate(Path.Combine(host.Stage.Engine.Folder, "gate.sock"), host.Stage.Engine.SocketPath, request, stop);
        var repair = new Executable(ShippedProgram.Find(), host.Root, gate.Host, host.State).ReportAsync(Repair, cancellationToken);
        await Task.WhenAny(gate.ReachedAsync(cancellationToken), repair);
        Assert.That(repair.IsCompleted, Is.False, "it came to that request");
        await disturbance();
        gate.Open();
        var result = await repair;
        Assert.That(await host.LookAtContainerAsync(cancellationToken), Is.EqualTo(running));
        return result;
    }

    /// <summary>Passed, on what the registry served in this very run and the engine holds now.</summary>
    private static void ExpectProven(int code, JsonNode report, Appliance host)
    {
        Assert.That(code, Is.Zero, report.ToJsonString());
        var image = report["images"]!.AsArray().Single(image => image!["reference"]!.GetValue<string>() == host.IntermediateReference)!;
        Assert.That(image["stored"]!["id"]!.GetValue<string>(), Is.EqualTo(image["served"]!["config"]!.GetValue<string>()).And.EqualTo(host.IntermediateServed.ConfigDigest));
        Assert.That(image["stored"]!["depth"]!.GetValue<string>(), Is.EqualTo("medium").Or.EqualTo("content"));
    }

    private static async Task ExpectHealedAsync(Appliance host, CancellationToken cancellationToken)
    {
        var invariant = await Invariant.TakeAsync(host, cancellationToken);
        Assert.That(await invariant.FaultsAsync(cancellationToken), Is.Empty);
        var program = new Executable(ShippedProgram.Find(), host);
        await program.ReportAsync(Repair, cancellationToken);
        var (code, report) = await program.ReportAsync(Repair, cancellationToken);
        Assert.That(code, Is.Zero, report.ToJsonString());
        Assert.That(await invariant.HealedFaultsAsync(cancellationToken), Is.Empty);
    }

    /// <summary>The versions and images of the chain as one word, or that the catalogue could not be read.</summary>
    private static async Task<string> ChainAsync(Executable program, CancellationToken cancellationToken)
    {
        var (_, report) = await program.ReportAsync($"chain {Appliance.App}", cancellationToken);
        if (Executable.CodesOf(report).Contains("catalog-refreshing")) return "catalog-refreshing";
        return string.Join(' ', report["chain"]!.AsArray().Select(step => $"{step!["version"]} {step["images"]!.ToJsonString()}")) + string.Join(' ', Executable.CodesOf(report));
    }

    // in the App Center's own order: actions/update.py
    private static async Task RefreshAsync(string cache, IReadOnlyList<Dictionary<string, string>> states, CancellationToken cancellationToken)
    {
        var (archive, coming) = (Path.Combine(cache, ".all.tar"), Path.Combine(cache, ".tmp.tar"));
        for (var round = 0; ; round++)
        {
            var files = states[round % states.Count];
            Pack(coming, files);
            foreach (var old in Directory.GetFiles(cache).Where(path => Path.GetFileName(path)[0] != '.')) File.Delete(old);
            foreach (var (name, content) in files)
            {
                await File.WriteAllTextAsync(Path.Combine(cache, name), content, cancellationToken);
                await Task.Delay(30, cancellationToken);
            }

            File.Move(coming, archive, overwrite: true);
            await Task.Delay(400, cancellationToken);
        }
    }

    private static void Pack(string archive, Dictionary<string, string> files)
    {
        using var writer = new TarWriter(File.Create(archive), TarEntryFormat.Ustar);
        foreach (var (name, content) in files)
            writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(content)) });
    }
}
