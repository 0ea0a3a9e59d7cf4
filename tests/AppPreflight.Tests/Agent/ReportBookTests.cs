using AppPreflight.Checks;
using AppPreflight.Images;
using AppPreflight.Journal;
using AppPreflight.Runs;
using NUnit.Framework;

namespace AppPreflight.Agent;

internal sealed class ReportBookTests
{
    [TestCase(Verdict.Pass, Verdict.Fail)]
    [TestCase(Verdict.Warn, Verdict.Fail)]
    [TestCase(Verdict.Unknown, Verdict.Unknown)]
    public void Takes_no_look_at_containers_that_is_well_for_a_word_on_the_steps_to_come(Verdict look, Verdict kept)
    {
        using var state = new StateDirectory();
        var book = new ReportBook(state.Open(), TimeProvider.System, _ => { });
        book.Take(RunVerb.Check, QueueRig.Report(QueueRig.Check("a")) with { Verdict = Verdict.Fail });
        book.Take(RunVerb.Gate, QueueRig.Report(QueueRig.Gate("a")) with { Verdict = look, Depth = Depth.Claims });
        Assert.That(book.All.Select(report => report.Verdict), Is.EqualTo(new[] { kept }));
    }

    [Test]
    public void Takes_the_report_of_another_process_although_the_one_before_is_from_the_future()
    {
        using var state = new StateDirectory();
        var time = new ManualTime(StateDirectory.Noon);
        var book = new ReportBook(state.Open(), time, _ => { });
        state.Open().Save(StateDirectory.ReportOf("a", Verdict.Fail) with { Run = "r1", Finished = StateDirectory.Noon.AddYears(30) });
        Assert.That(book.All.Single().Verdict, Is.EqualTo(Verdict.Fail));
        state.Open().Save(StateDirectory.ReportOf("a") with { Run = "r2" });
        time.GoOn(TimeSpan.FromSeconds(3));
        Assert.That(book.All.Single().Verdict, Is.EqualTo(Verdict.Pass));
    }

    [Test]
    public void Keeps_its_own_where_the_disk_takes_none()
    {
        using var state = new StateDirectory();
        var time = new ManualTime(StateDirectory.Noon);
        var book = new ReportBook(state.Open(), time, _ => { });
        state.Open().Save(StateDirectory.ReportOf("a", Verdict.Fail) with { Run = "r1" });
        Assert.That(book.All.Single().Verdict, Is.EqualTo(Verdict.Fail));
        book.Take(RunVerb.Check, StateDirectory.ReportOf("a") with { Run = "r2" });
        time.GoOn(TimeSpan.FromSeconds(3));
        Assert.That(book.All.Single().Verdict, Is.EqualTo(Verdict.Pass));
    }
}
