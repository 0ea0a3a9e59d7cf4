using System.Text;
using AppPreflight.Apps;
using NUnit.Framework;

namespace AppPreflight.AppCenter;

public sealed class ComposeImagesTests
{
    private const string Web = "services:\n  web:\n    image: r.example.test/web:1\n";

    [Test]
    public void Leaves_undecided_what_a_code_block_makes()
    {
        var wanted = For("services:\n  web:\n    image: w:@!@print(1, end='')@!@\n");

        Assert.That(wanted.Undecided, Is.Not.Empty);
        Assert.That(wanted.Main, Is.Null);
    }

    [Test]
    public void Leaves_undecided_an_image_that_a_registry_value_fills_with_code()
    {
        var wanted = For("services:\n  web:\n    image: @%@my/image@%@\n", UcrValues.Empty.With("my/image", "@!@print('evil:1')@!@"));

        Assert.That(wanted.Undecided, Is.Not.Empty);
        Assert.That(wanted.Named, Is.Empty);
    }

    [TestCase("    hostname: @!@print('h', end='')@!@\n")]
    [TestCase("    ports:\n      - @!@print('80:80', end='')@!@\n")]
    [TestCase("    privileged: @!@print('true', end='')@!@\n")]
    [TestCase("    hostname: @!@\nfrom univention.config_registry import ucr\nimport ldap\nhostdn = ucr[\"a/hostdn\"]\nprint(ldap.dn.str2dn(hostdn)[0][0][1])\n@!@\n    restart: always\n")]
    [TestCase("@!@\n# a remark\n@!@\n")]
    public void Ignores_code_blocks_that_touch_no_image(string rest)
    {
        var wanted = For(Web + rest);

        Assert.That(wanted.Undecided, Is.Empty);
        Assert.That(wanted.Pulled, Is.EqualTo(new[] { "r.example.test/web:1" }), wanted.Reason);
    }

    [TestCase("  1e3:\n    image: db:1\n", "1000.0")]
    [TestCase("  -.INF:\n    image: db:1\n", "-inf")]
    [TestCase("  1e-7:\n    image: db:1\n", "1e-07")]
    public void Names_a_service_that_is_a_number_as_Python_does(string rest, string name) =>
        Assert.That(For(Web + rest).Services![1].Service, Is.EqualTo(name));

    [Test]
    public void Takes_a_signed_fraction_for_the_text_that_docker_compose_sees() =>
        Assert.That(For("services:\n  web:\n    image: +.5\n").Pulled, Is.EqualTo(new[] { "+.5:latest" }));

    [TestCase("    environment:\n@!@\nprint('      - A=1')\n@!@\n", TestName = "whole lines")]
    [TestCase("@!@\nimport other\n@!@\n", TestName = "another module may print")]
    [TestCase("    hostname: @!@print('h\\n    image: x', end='')@!@\n", TestName = "a line end in the text")]
    [TestCase("    hostname: @!@print('h'); print('    image: x')@!@\n", TestName = "two prints")]
    [TestCase("    hostname: @!@print('h')@!@ # rest\n", TestName = "text behind the line end")]
    [TestCase("    hostname: @!@for l in lines: print(l)@!@\n", TestName = "a loop")]
    [TestCase("  db: {hostname: @!@print('h, image: x', end='')@!@, image: 'db:1'}\n", TestName = "between brackets")]
    [TestCase("@!@print('  db', end='')@!@:\n    image: db:1\n", TestName = "a name")]
    public void Leaves_undecided_what_code_might_add_or_change(string rest) => Assert.That(For(Web + rest).Undecided, Is.Not.Empty);

    [Test]
    public void Lets_the_override_file_change_the_image_that_is_pulled()
    {
        var wanted = For(Web, UcrValues.Empty, "services:\n  web:\n    image: o:2\n");

        Assert.That(wanted.Named, Is.EqualTo(new[] { "r.example.test/web:1" }));
        Assert.That(wanted.Pulled, Is.EqualTo(new[] { "o:2" }));
    }

    [Test]
    public void Says_that_a_registry_value_never_ends() =>
        Assert.That(For("a: @%@a@%@\n", UcrValues.Empty.With("a", "@%@a@%@")).Error, Is.EqualTo("killed"));

    [Test]
    public void Names_a_compose_file_that_cannot_be_read() =>
        Assert.That(new ComposeImages(Release(() => throw new IOException("Input/output error"), null)).For(UcrValues.Empty).Reason, Does.Contain("Input/output error"));

    [Test]
    public void Gives_up_on_two_thousand_brackets() =>
        Assert.That(For("x-a: " + new string('[', 2000) + new string(']', 2000) + "\n" + Web).Error, Is.EqualTo("recursion"));

    [Test]
    public void Gives_up_on_variables_that_never_close() =>
        Assert.That(For(Web + "    hostname: \"" + string.Concat(Enumerable.Repeat("${A:-", 200_000)) + "\"\n").Pulled, Is.Null);

    private static WantedImages For(string template) => For(template, UcrValues.Empty);

    private static WantedImages For(string template, UcrValues ucr, string? extra = null) =>
        new ComposeImages(Release(() => Encoding.UTF8.GetBytes(template), extra)).For(ucr);

    private static ComposeRelease Release(Func<byte[]> template, string? extra) => new()
    {
        AppId = "app",
        MainService = "web",
        Template = template,
        Override = () => extra is null ? null : Encoding.UTF8.GetBytes(extra),
    };
}
