using System.Text.Json.Nodes;
using AppPreflight.Rehearsal;
using NUnit.Framework;

namespace AppPreflight.Packaging;

/// <summary>The installed, hardened service beside a live engine, and the whole way from the App Center's upgrade to the agent.</summary>
[NonParallelizable]
internal sealed class PackageUpgradeTests
{
    private const string AsMemberOfAdm = "setpriv --reuid=65534 --regid=65534 --groups=adm";

    private const string PackExporter = """
        cd /srv && mkdir -p exporter/DEBIAN exporter/var/lib/prometheus/node-exporter && chmod -R u=rwX,go=rX exporter &&
        printf 'Package: exporter\nVersion: 1\nArchitecture: all\nMaintainer: x <x@x.example>\nDescription: x\n' >exporter/DEBIAN/control &&
        dpkg-deb -Znone -b exporter . && rm -rf exporter
        """;

    private LiveHost host = null!;
    private JsonNode boot = null!;

    [OneTimeSetUp]
    public async Task Open()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(10));
        host = await LiveHost.OpenAsync([Damages.Find("tag-moved")], limit.Token);
        limit.CancelAfter(TimeSpan.FromMinutes(1));
        boot = await host.StatusAsync(status => StateOf(status) is not (null or "unknown" or "blocked"), limit.Token);
    }

    [OneTimeTearDown]
    public async Task End()
    {
        if (host is not null) await host.DisposeAsync();
    }

    [Test, CancelAfter(30_000)]
    public async Task First_run_after_the_installation_heals_the_app(CancellationToken cancellationToken)
    {
        Assert.That(await host.Machine.PropertyAsync("ActiveState", cancellationToken), Is.EqualTo("active"));
        Assert.That(StateOf(boot), Is.EqualTo("healed"));
        Assert.That((bool?)boot["engine"]!["answers"], Is.True);
        Assert.That((string?)boot["apps"]![0]!["target"], Is.EqualTo("3.1.1"));
        var stored = await host.Appliance.Stage.Engine.Api.FindImageAsync(host.Appliance.IntermediateReference, cancellationToken);
        Assert.That(stored?.Id, Is.EqualTo(host.Appliance.IntermediateServed.ConfigDigest));
    }

    [Test, CancelAfter(90_000)]
    public async Task Names_a_stored_file_that_root_without_capabilities_may_not_read(CancellationToken cancellationToken)
    {
        await HealAsync(cancellationToken);
        var engine = host.Appliance.Stage.Engine;
        // the engine's own words for its place, which is below /tmp here, where a service with a /tmp of its own sees nothing
        await host.Machine.DoAsync($"""
            mkdir -p $(dirname {engine.Folder}) && ln -sfn /run/rehearsal {engine.Folder} && mkdir -p /run/systemd/system/app-preflight-reader@.service.d &&
            printf '[Service]\nPrivateTmp=no\nTemporaryFileSystem=\n' >/run/systemd/system/app-preflight-reader@.service.d/tests.conf && systemctl daemon-reload
            """, cancellationToken);
        var file = Spoiler.StoredFilePath(engine, host.Appliance.Images.Target, host.Appliance.Images.Target.Layers.Count - 1, KelvinImages.TopFile);
        await host.Machine.DoAsync($"cd {Path.GetDirectoryName(file)} && printf x | dd of={Path.GetFileName(file)} bs=1 seek=1 conv=notrunc status=none && chown 1234:1234 {Path.GetFileName(file)} && chmod 0600 {Path.GetFileName(file)}", cancellationToken);

        var (_, output) = await host.Machine.TryAsync($"app-preflight check {LiveHost.App} --content --json 2>/dev/null", cancellationToken);
        var kinds = JsonNode.Parse(output)!["findings"]!.AsArray().Where(finding => finding!["files"] is JsonArray)
            .SelectMany(finding => finding!["files"]!.AsArray()).Where(damage => (string?)damage!["path"] == KelvinImages.TopFile).Select(damage => (string?)damage!["kind"]).Distinct().Order();
        await HealAsync(cancellationToken);

        Assert.That(kinds, Is.EqualTo(new[] { "content", "mode", "owner" }), output);
        Assert.That(await host.Machine.DoAsync("journalctl -q --no-pager -o cat -t systemd -u 'app-preflight-reader@*' | head -n 1", cancellationToken), Is.Not.Empty, "the reader was asked");
    }

    [Test, CancelAfter(30_000)]
    public async Task Log_lines_carry_the_app_the_run_and_the_finding(CancellationToken cancellationToken)
    {
        var log = await host.LogAsync(cancellationToken);
        var run = (string?)boot["reports"]![0]!["run"];
        Assert.That(log.Select(line => ((string?)line["RUN"], (string?)line["PRIORITY"])), Does.Contain((run, "6")));
        Assert.That(log.Select(line => ((string?)line["FINDING"], (string?)line["PRIORITY"])), Does.Contain(("tag-moved", "4")));
    }

    [Test, CancelAfter(30_000)]
    public async Task Member_of_adm_sees_the_status_and_may_not_repair(CancellationToken cancellationToken)
    {
        await HealAsync(cancellationToken);
        var (code, output) = await host.Machine.TryAsync($"{AsMemberOfAdm} app-preflight status", cancellationToken);
        Assert.That(code, Is.Zero, output);
        Assert.That(output, Does.Contain(LiveHost.App).And.Contain("answers: Docker Engine"));
        (code, output) = await host.Machine.TryAsync($"{AsMemberOfAdm} app-preflight repair {LiveHost.App}", cancellationToken);
        Assert.That((code, output), Is.EqualTo((2, "app-preflight: only root may ask the agent for a run, or stop one")));
    }

    [TestCase("", "750 root:adm")]
    [TestCase("/reports", "750 root:adm")]
    [TestCase("/reports/ucsschool-kelvin-rest-api.json", "640 root:adm")]
    [TestCase("/journal.jsonl", "640 root:adm")]
    [TestCase("/lock", "600 root:adm")]
    [CancelAfter(30_000)]
    public async Task State_is_open_to_the_group_adm(string path, string expected, CancellationToken cancellationToken) =>
        Assert.That(await host.Machine.DoAsync($"stat -c '%a %U:%G' /var/lib/app-preflight{path}", cancellationToken), Is.EqualTo(expected));

    [Test, CancelAfter(60_000)]
    public async Task Finds_a_restarted_engine_again_after_a_reload(CancellationToken cancellationToken)
    {
        await host.Machine.DoAsync("systemctl reload app-preflight.service", cancellationToken);
        await host.Appliance.Stage.Engine.StopAsync(cancellationToken);
        await host.StatusAsync(status => (bool?)status["engine"]!["answers"] == false, cancellationToken);
        await host.Appliance.Stage.Engine.StartAgainAsync(cancellationToken);
        await host.StatusAsync(status => (bool?)status["engine"]!["answers"] == true, cancellationToken);
    }

    [Test, CancelAfter(60_000)]
    public async Task Writes_figures_that_the_node_exporter_may_read_also_when_it_is_installed_later(CancellationToken cancellationToken)
    {
        await HealAsync(cancellationToken);
        const string File = "/var/lib/prometheus/node-exporter/app_preflight.prom";
        await host.Machine.DoAsync(PackExporter, cancellationToken);
        await host.Machine.AptAsync("install ./exporter_*.deb", cancellationToken);
        var text = "";
        while (!text.Contains("app_preflight_engine_up 1", StringComparison.Ordinal))
            text = (await host.Machine.TryAsync($"cat {File}", cancellationToken)).Output;
        Assert.That(text, Does.Contain($"app_preflight_verdict{{app=\"{LiveHost.App}\",verdict=\"pass\"}} 1"));
        Assert.That(await host.Machine.DoAsync($"stat -c '%a %U:%G' {File}", cancellationToken), Is.EqualTo("644 root:adm"));
    }

    [Test, CancelAfter(60_000)]
    public async Task Upgrade_runs_on_the_image_that_the_agent_proved_and_the_next_step_is_prepared(CancellationToken cancellationToken)
    {
        await HealAsync(cancellationToken);
        var before = await GatesAsync(cancellationToken);
        try
        {
            var outcome = await host.UpgradeForRealAsync(cancellationToken);
            Assert.That(outcome.Result, Is.True, outcome.Text);
            Assert.That(outcome.Trace, Is.EqualTo(Trace("preinst", "image", "container", "done")));
            Assert.That(outcome.Warnings.Concat(outcome.Fatal), Is.Empty);
            Assert.That(outcome.Information, Does.Contain($"AppPreflight: {LiveHost.App} 2.0.0 runs on the images that were proved"));
            Assert.That(await GatesAsync(cancellationToken) - before, Is.EqualTo(4), "begin and end of the question before, and of the look after it");
            var next = await host.StatusAsync(status => (string?)status["apps"]![0]!["installed"] == "2.0.0" && (int?)status["apps"]![0]!["steps"] == 1, cancellationToken);
            Assert.That((string?)next["apps"]![0]!["target"], Is.EqualTo("3.1.1"));
        }
        finally
        {
            await host.DowngradeAsync(CancellationToken.None);
        }
    }

    [Test, CancelAfter(60_000)]
    public async Task Upgrade_pulls_and_proves_an_image_that_is_not_there(CancellationToken cancellationToken)
    {
        await HealAsync(cancellationToken);
        var engine = host.Appliance.Stage.Engine.Api;
        await engine.RemoveImageAsync(host.Appliance.IntermediateReference, force: true, cancellationToken);
        var outcome = await host.UpgradeAsync([], cancellationToken);
        Assert.That(outcome.Trace, Is.EqualTo(Trace("preinst", "image", "container", "done")), outcome.Text);
        var stored = await engine.FindImageAsync(host.Appliance.IntermediateReference, cancellationToken);
        Assert.That(stored?.Id, Is.EqualTo(host.Appliance.IntermediateServed.ConfigDigest));
    }

    [Test, CancelAfter(90_000)]
    public async Task Upgrade_to_an_image_that_is_served_altered_is_stopped_before_anything_happens(CancellationToken cancellationToken)
    {
        using var rot = await RotAsync(cancellationToken);
        var outcome = await host.UpgradeAsync([], cancellationToken);
        Assert.That(outcome.Result, Is.False, outcome.Text);
        Assert.That(outcome.Trace, Is.Empty);
        Assert.That(outcome.Fatal[0], Is.EqualTo($"{host.Appliance.IntermediateReference}: {rot.Registry} serves other bytes for layer {rot.Layer} than promised"));
        Assert.That(outcome.Fatal[^1], Does.Contain("before anything was changed").And.EndsWith("ucr set app-preflight/gate=warn"));
        await host.StatusAsync(status => StateOf(status) == "blocked" && $"{status["apps"]![0]!["reason"]}".Contains(rot.Registry, StringComparison.Ordinal), cancellationToken);
    }

    [Test, CancelAfter(90_000)]
    public async Task Upgrade_goes_on_with_a_warning_where_UCR_says_warn(CancellationToken cancellationToken)
    {
        using var rot = await RotAsync(cancellationToken);
        var outcome = await host.UpgradeAsync(new() { ["app-preflight/gate"] = "warn" }, cancellationToken);
        Assert.That(outcome.Result, Is.True, outcome.Text);
        Assert.That(outcome.Trace, Is.EqualTo(Trace("preinst", "image, pulls", "pull", "container", "done")));
        Assert.That(outcome.Fatal, Is.Empty);
        Assert.That(outcome.Warnings[0], Does.Contain(rot.Layer));
        Assert.That(outcome.Warnings[^1], Is.EqualTo("AppPreflight only warns (UCR app-preflight/gate=warn): the upgrade goes on"));
    }

    [Test, CancelAfter(60_000)]
    public async Task System_diagnostic_tells_the_state_and_checks_again(CancellationToken cancellationToken)
    {
        await HealAsync(cancellationToken);
        foreach (var action in (string?[])[null, "check_now"])
        {
            var outcome = await host.DiagnoseAsync(action, cancellationToken);
            Assert.That(outcome.GetProperty("success").GetBoolean(), Is.True, outcome.GetRawText());
            Assert.That(outcome.GetRawText(), Does.Contain(LiveHost.App));
        }
    }

    private static string? StateOf(JsonNode status) => status["apps"] is JsonArray { Count: 1 } apps ? (string?)apps[0]!["state"] : null;

    private static IEnumerable<string> Trace(params string[] events) =>
        events.Select(happened => happened == "image, pulls" ? $"image {LiveHost.App}, pulls" : $"{happened} {LiveHost.App}");

    private async Task HealAsync(CancellationToken cancellationToken)
    {
        var (code, output) = await host.Machine.TryAsync($"app-preflight repair {LiveHost.App}", cancellationToken);
        Assert.That(code, Is.Zero, output);
    }

    private async Task<int> GatesAsync(CancellationToken cancellationToken) =>
        (await host.LogAsync(cancellationToken)).Count(line => ((string?)line["MESSAGE"])!.StartsWith("gate of", StringComparison.Ordinal));

    /// <summary>2.0.0 is gone from the engine, and the registry serves one of its layers altered; until this is disposed.</summary>
    private async Task<Rot> RotAsync(CancellationToken cancellationToken)
    {
        await HealAsync(cancellationToken);
        var rot = new Rot(host.Appliance);
        await host.Appliance.Stage.Engine.Api.RemoveImageAsync(host.Appliance.IntermediateReference, force: true, cancellationToken);
        return rot;
    }

    private sealed class Rot : IDisposable
    {
        private readonly string path;

        // the layer that the rebuilt image has for its own; one bit, which a second turn sets right
        public Rot(Appliance appliance)
        {
            Registry = appliance.Stage.Registry.Authority;
            Layer = appliance.IntermediateServed.Layers[^1].Digest;
            path = appliance.Stage.Registry.BlobPath(Layer);
            Spoiler.FlipBit(path);
        }

        public string Registry { get; }

        public string Layer { get; }

        public void Dispose() => Spoiler.FlipBit(path);
    }
}
