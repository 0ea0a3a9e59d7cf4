using AppPreflight.Checks;
using AppPreflight.Images;
using AppPreflight.Remedies;
using AppPreflight.Runs;
using NUnit.Framework;

namespace AppPreflight.Agent;

internal sealed class BackgroundPolicyTests
{
    private static readonly RunRequest check = new(RunVerb.Check, "a");
    private static readonly RunRequest repair = new(RunVerb.Repair, "a") { Depth = Depth.Content };

    [Test]
    public void Looks_first_and_repairs_at_once_only_what_was_interrupted()
    {
        Assert.That(BackgroundPolicy.First("a", AutoMode.Heal, wasInterrupted: false, last: null), Is.EqualTo(check));
        Assert.That(BackgroundPolicy.First("a", AutoMode.Heal, wasInterrupted: true, last: null), Is.EqualTo(repair));
        Assert.That(BackgroundPolicy.First("a", AutoMode.Check, wasInterrupted: true, last: null), Is.EqualTo(check));
        Assert.That(BackgroundPolicy.First("a", AutoMode.Off, wasInterrupted: true, last: null), Is.Null);
    }

    [TestCase(FindingCode.StoredLayerAltered, Verdict.Fail, Depth.Content)]
    [TestCase(FindingCode.LayerAltered, Verdict.Fail, Depth.Content)]
    [TestCase(FindingCode.StoredLayerAltered, Verdict.Warn, Depth.Claims)]
    [TestCase(FindingCode.SpaceShort, Verdict.Fail, Depth.Claims)]
    public void Takes_back_only_by_reading_what_was_found_by_reading(FindingCode code, Verdict verdict, Depth depth)
    {
        var last = Report(verdict) with { Findings = [new(code, verdict, "i", Source.Engine, "")] };
        Assert.That(BackgroundPolicy.First("a", AutoMode.Check, wasInterrupted: false, last), Is.EqualTo(check with { Depth = depth }));
    }

    [TestCase(Verdict.Fail, RemedyKind.Pull, AutoMode.Heal, true)]
    [TestCase(Verdict.Fail, RemedyKind.Purge, AutoMode.Heal, true)]
    [TestCase(Verdict.Unknown, RemedyKind.Pull, AutoMode.Heal, true)]
    [TestCase(Verdict.Fail, RemedyKind.AskOperator, AutoMode.Heal, false)]
    [TestCase(Verdict.Warn, RemedyKind.Pull, AutoMode.Heal, true)]
    [TestCase(Verdict.Warn, RemedyKind.AskOperator, AutoMode.Heal, false)]
    [TestCase(Verdict.Pass, RemedyKind.Pull, AutoMode.Heal, false)]
    [TestCase(Verdict.Fail, RemedyKind.Pull, AutoMode.Check, false)]
    [TestCase(Verdict.Fail, RemedyKind.Pull, AutoMode.Off, false)]
    public void Repairs_what_it_may_and_the_owner_wants(Verdict verdict, RemedyKind planned, AutoMode mode, bool repairs) =>
        Assert.That(BackgroundPolicy.Then(check, Report(verdict) with { Actions = [new(planned, "i", [], ActionOutcome.Planned)] }, mode), Is.EqualTo(repairs ? repair : null));

    [Test]
    public void Does_not_repair_again_what_a_repair_has_just_left() =>
        Assert.That(BackgroundPolicy.Then(repair, Report(Verdict.Fail) with { Actions = [new(RemedyKind.Pull, "i", [], ActionOutcome.Planned)] }, AutoMode.Heal), Is.Null);

    [TestCase(1, 5)]
    [TestCase(2, 15)]
    [TestCase(3, 60)]
    [TestCase(9, 60)]
    public void Tries_again_later_and_later(int attempts, int minutes)
    {
        Assert.That(BackgroundPolicy.Again(Report(Verdict.Unknown), attempts), Is.EqualTo(TimeSpan.FromMinutes(minutes)));
        Assert.That(BackgroundPolicy.Again(null, attempts), Is.EqualTo(TimeSpan.FromMinutes(minutes)));
        Assert.That(BackgroundPolicy.Again(Report(Verdict.Fail, FindingCode.RegistryUnreachable), attempts), Is.EqualTo(TimeSpan.FromMinutes(minutes)));
        Assert.That(BackgroundPolicy.Again(Report(Verdict.Fail, FindingCode.TagMoved), attempts), Is.Null);
        Assert.That(BackgroundPolicy.Again(Report(Verdict.Pass), attempts), Is.Null);
    }

    [Test]
    public void Tries_again_soon_while_the_cache_is_being_replaced()
    {
        Assert.That(BackgroundPolicy.Again(Report(Verdict.Unknown, FindingCode.CatalogRefreshing), 1), Is.EqualTo(TimeSpan.FromMinutes(1)));
        Assert.That(BackgroundPolicy.Again(Report(Verdict.Unknown, FindingCode.CatalogRefreshing), 4), Is.EqualTo(TimeSpan.FromMinutes(60)));
    }

    [Test]
    public void Is_due_once_and_forgets_what_answers_or_is_gone()
    {
        var time = new ManualTime(DateTimeOffset.UnixEpoch);
        var plan = new RetryPlan(time);
        foreach (var app in new[] { "a", "b", "c" }) plan.Take(app, Report(Verdict.Unknown));
        plan.Take("b", Report(Verdict.Pass));
        plan.Keep(new HashSet<string>(["a", "b"], StringComparer.Ordinal));
        Assert.That(plan.Next, Is.EqualTo(DateTimeOffset.UnixEpoch.AddMinutes(5)));
        Assert.That(plan.TakeDue(), Is.Empty);
        time.GoOn(TimeSpan.FromMinutes(5));
        Assert.That(plan.TakeDue(), Is.EqualTo(new[] { "a" }));
        Assert.That(plan.TakeDue(), Is.Empty);
        plan.Take("a", Report(Verdict.Unknown));
        Assert.That(plan.Next, Is.EqualTo(DateTimeOffset.UnixEpoch.AddMinutes(20)), "later the second time");
    }

    [TestCase(-365)]
    [TestCase(365)]
    public void Neither_waits_for_a_year_nor_hurries_when_the_clock_is_set(int days)
    {
        var time = new ManualTime(DateTimeOffset.UnixEpoch.AddYears(50));
        var plan = new RetryPlan(time);
        plan.Take("a", Report(Verdict.Unknown));
        time.SetWall(time.GetUtcNow().AddDays(days));
        Assert.That(plan.Next, Is.EqualTo(time.GetUtcNow().AddMinutes(5)));
        Assert.That(plan.TakeDue(), Is.Empty);
        time.GoOn(TimeSpan.FromMinutes(5));
        Assert.That(plan.TakeDue(), Is.EqualTo(new[] { "a" }));
    }

    private static PreflightReport Report(Verdict verdict, params FindingCode[] codes) => QueueRig.Report(check) with
    {
        Verdict = verdict,
        Findings = [.. codes.Select(code => new Finding(code, verdict, "s", Source.Registry, "m"))],
    };
}
