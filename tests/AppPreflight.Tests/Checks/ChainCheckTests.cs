using AppPreflight.Images;
using AppPreflight.Upgrades;
using NUnit.Framework;
using static AppPreflight.Upgrades.Releases;

namespace AppPreflight.Checks;

public sealed class ChainCheckTests
{
    [Test]
    public void Repeats_no_refusal_of_the_App_Center_at_the_gate()
    {
        var catalog = Catalog(DockerRelease("1.0"), DockerRelease("2.0"));
        var host = Installed("1.0").With("appcenter/apps/demo/pinned", "true").With("appcenter/docker", "no");
        (FindingCode, Verdict)[] Of(IEnumerable<Finding> findings) => [.. findings.Select(finding => (finding.Code, finding.Verdict))];
        Assert.That(Of(ChainCheck.Look(catalog.Resolve(host))), Is.EqualTo(new[] { (FindingCode.StepRefused, Verdict.Fail), (FindingCode.AppPinned, Verdict.Fail) }));
        Assert.That(Of(ChainCheck.LookAtGate(GateResolver.Resolve(catalog, host, "demo", new("2.0"), NoAnswers))),
            Is.EqualTo(new[] { (FindingCode.StepRefused, Verdict.Warn), (FindingCode.AppPinned, Verdict.Warn) }));
        Assert.That(ChainCheck.LookAtGate(GateResolver.Resolve(catalog, host, "demo", new("1.0"), NoAnswers)), Is.Empty, "no chain-empty");
    }

    [Test]
    public void Reports_a_step_that_would_break_before_it_pulls()
    {
        var broken = DockerRelease("2.0") with { UsesCompose = true, DockerImage = null, DockerMainService = "web", Images = new Apps.NoImage("nothing there") };
        var chain = Catalog(DockerRelease("1.0"), broken).Resolve(Installed("1.0"));
        Assert.That(RosterCheck.Look(chain, ImageRoster.Of(chain)).Select(finding => (finding.Code, finding.Verdict)),
            Is.EqualTo(new[] { (FindingCode.ComposeUnreadable, Verdict.Fail) }));
    }
}
