using NUnit.Framework;

namespace AppPreflight.Rehearsal;

internal sealed class ArgumentsTests
{
    [TestCase("upp")]
    [TestCase("up", "--damage")]
    [TestCase("up", "--damage", "rust")]
    [TestCase("up", "--port", "0")]
    [TestCase("up", "--port", "65536")]
    [TestCase("up", "--mib", "-1")]
    [TestCase("up", "--nonsense", "1")]
    [TestCase("bench", "--rounds", "0")]
    [TestCase("bench", "--size", "a lot")]
    [TestCase("bench", "--big")]
    [TestCase("bench", "--paper")]
    public void Refuses_what_the_help_does_not_describe(params string[] words) =>
        Assert.That(() => Arguments.Parse(words), Throws.TypeOf<UsageException>());

    [Test]
    public void Takes_several_damages_in_their_order()
    {
        var arguments = Arguments.Parse(["up", "--damage", "tag-moved", "--port", "5000", "--damage", "absent"]);
        Assert.That(arguments.Damages.Select(damage => damage.Name), Is.EqualTo(new[] { "tag-moved", "absent" }));
        Assert.That(arguments.Port, Is.EqualTo(5000));
    }

    [TestCase]
    [TestCase("--help")]
    [TestCase("up", "--help")]
    public void Without_a_command_and_on_request_it_helps(params string[] words) =>
        Assert.That(Arguments.Parse(words).Command, Is.EqualTo("help"));
}
