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
}
