using AppPreflight.Control;
using AppPreflight.Monitoring;
using AppPreflight.Runs;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;

namespace AppPreflight.Agent;

internal sealed class MeterTests
{
    private static readonly AgentStatus unknown = new() { Version = "1", ProcessId = 1, Started = DateTimeOffset.UnixEpoch, Engine = new(null, "", DateTimeOffset.UnixEpoch) };

    private string root;

    [SetUp]
    public void MakeRoot() => root = Directory.CreateTempSubdirectory("meter-").FullName;

    [TearDown]
    public void RemoveRoot() => Directory.Delete(root, recursive: true);

    [Test]
    public void Tells_nothing_of_an_app_that_was_removed_or_was_not_looked_at_since_its_version_changed()
    {
        var text = Written(unknown with { Installed = [new("wiki", "1"), new("tickets", "2")], Reports = [Report("wiki"), Report("tickets"), Report("gone")] });
        Assert.That(text, Does.Contain("app=\"wiki\"").And.Not.Contain("tickets").And.Not.Contain("gone"));
    }

    [Test]
    public void Tells_of_all_reports_while_nobody_knows_what_is_installed() =>
        Assert.That(Written(unknown with { Reports = [Report("wiki")] }), Does.Contain("app_preflight_verdict{app=\"wiki\",verdict=\"pass\"} 1"));

    private string Written(AgentStatus status)
    {
        new Meter(root, NullLogger.Instance).Write("/", status);
        return File.ReadAllText(Path.Combine(root, MetricsFile.Name));
    }

    private static PreflightReport Report(string app) => QueueRig.Report(QueueRig.Check(app)) with { Installed = "1" };
}
