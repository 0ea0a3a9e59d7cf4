using NUnit.Framework;

namespace AppPreflight.Checks;

public sealed class VerdictTests
{
    [TestCase(ExpectedResult = Verdict.Unknown)]
    [TestCase(Verdict.Pass, ExpectedResult = Verdict.Pass)]
    [TestCase(Verdict.Pass, Verdict.Warn, ExpectedResult = Verdict.Warn)]
    [TestCase(Verdict.Warn, Verdict.Unknown, Verdict.Pass, ExpectedResult = Verdict.Unknown)]
    [TestCase(Verdict.Unknown, Verdict.Fail, Verdict.Warn, ExpectedResult = Verdict.Fail)]
    public Verdict Takes_the_worst_and_of_nothing_unknown(params Verdict[] verdicts) => verdicts.Worst;

    [Test]
    public void Is_unknown_before_anybody_looked() => Assert.That(default(Verdict), Is.EqualTo(Verdict.Unknown));
}
