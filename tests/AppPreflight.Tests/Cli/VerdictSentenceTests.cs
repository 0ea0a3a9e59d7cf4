using AppPreflight.Checks;
using AppPreflight.Runs;
using NUnit.Framework;

namespace AppPreflight.Cli;

internal sealed class VerdictSentenceTests
{
    private static readonly PreflightReport step = Samples.Passed with { Target = "2.0.0", Chain = [Samples.Passed.Chain[0]], Images = [Samples.Passed.Images[0]] };
    private static readonly PreflightReport look = step with { Chain = [] };

    [Test]
    public void Answers_for_the_one_step_of_a_gate()
    {
        const string name = "ucsschool-kelvin-rest-api";
        Assert.That(Of(step), Is.EqualTo($"PASS: the step of {name} to 2.0.0 may be taken: its image is proved"));
        Assert.That(Of(step with { Images = Samples.Passed.Images }), Does.EndWith("its 2 images are proved"));
        Assert.That(Of(step with { Chain = [step.Chain[0] with { Pulls = false }], Images = [] }), Does.EndWith("it pulls nothing"));
        Assert.That(Of(step with { Verdict = Verdict.Fail }), Is.EqualTo($"FAIL: the step of {name} to 2.0.0 must not be taken as it is"));
        Assert.That(Of(step with { Verdict = Verdict.Unknown }), Is.EqualTo($"UNKNOWN: could not tell whether the step of {name} to 2.0.0 may be taken"));
    }

    [Test]
    public void Answers_for_the_containers_where_there_is_no_step()
    {
        const string name = "ucsschool-kelvin-rest-api";
        Assert.That(Of(look), Is.EqualTo($"PASS: the containers of {name} run on the images of 2.0.0"));
        Assert.That(Of(look with { Images = [] }), Is.EqualTo($"PASS: {name} 2.0.0 has no images of its own"));
        Assert.That(Of(look with { Verdict = Verdict.Fail }), Is.EqualTo($"FAIL: not all containers of {name} run on the images of 2.0.0"));
        Assert.That(Of(look with { Verdict = Verdict.Unknown }), Is.EqualTo($"UNKNOWN: could not tell whether the containers of {name} run on the images of 2.0.0"));
    }

    private static string Of(PreflightReport report) => new VerdictSentence(report, RunVerb.Gate).ToString();
}
