using NUnit.Framework;

namespace AppPreflight.Apps;

public sealed class UcrTemplateTests
{
    private static readonly Dictionary<string, string> Values = new(StringComparer.Ordinal)
    {
        ["host"] = "primary",
        ["nested"] = "<@%@host@%@>",
        ["token"] = "@%@",
        ["half"] = "%@host@%@",
        ["again"] = "x@%@again@%@",
        ["same"] = "@%@same@%@",
        ["code"] = "@!@print(1)@!@",
    };

    [TestCase("no reference", "no reference")]
    [TestCase("@%@host@%@", "primary")]
    [TestCase("a@%@host@%@b@%@host@%@c", "aprimarybprimaryc")]
    [TestCase("a@%@nothing@%@b", "ab")]
    [TestCase("@%@ host @%@", "")]
    [TestCase("@%@ho\nst@%@", "")]
    [TestCase("@%@@%@", "")]
    [TestCase("@%@host", "@%@host")]
    [TestCase("@%@host@%@@%@", "primary@%@")]
    [TestCase("@%@%@host@%@", "")]
    [TestCase("@%@nested@%@", "<primary>")]
    [TestCase("@%@token@%@host@%@", "primary")]
    [TestCase("@@%@half@%@", "primary")]
    [TestCase("@%@code@%@", "@!@print(1)@!@")]
    public void Renders_as_the_registry_does(string template, string expected) =>
        Assert.That(UcrTemplate.Render(template, Values.GetValueOrDefault), Is.EqualTo(expected));

    [TestCase("@%@same@%@")]
    [TestCase("@%@again@%@")]
    public void Refuses_a_value_that_contains_itself(string template) => Assert.That(
        () => UcrTemplate.Render(template, Values.GetValueOrDefault),
        Throws.TypeOf<FormatException>().With.Message.Contains("never ends"));

    [Test]
    public void Refuses_a_text_that_grows_without_end()
    {
        string large = new('x', 100_000);
        Assert.That(() => UcrTemplate.Render("@%@a@%@", _ => large + "@%@a@%@"), Throws.TypeOf<FormatException>());
    }

    [Test]
    public void Keeps_the_lines_of_a_warning_below_its_prefix() =>
        Assert.That(UcrTemplate.Render("@%@UCRWARNING=# @%@", Values.GetValueOrDefault).Split('\n'), Has.All.StartsWith("# "));
}
