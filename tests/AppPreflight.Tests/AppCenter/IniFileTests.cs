using System.Text;
using AppPreflight.Ports;
using NUnit.Framework;

namespace AppPreflight.AppCenter;

public sealed class IniFileTests
{
    private static IniFile Parse(string text) => IniFile.Parse("demo.ini", Encoding.UTF8.GetBytes(text));

    [TestCase("[A]\nx = 1\n", "1")]
    [TestCase("[A]\nX: 1 \n", "1")]
    [TestCase("[A]\nx = 1 ; no comment\n", "1 ; no comment")]
    [TestCase("[A]\nx = 1\n  2\n\n  # comment\n  3\n", "1\n2\n\n3")]
    [TestCase("[A]\nx=1\u2028y=2", "1")]
    [TestCase("[A]\ry=2\rx=1\r", "1")]
    [TestCase("[A] text behind\nx==1", "=1")]
    [TestCase("[DEFAULT]\nx = 0\n[A]\n", "0")]
    [TestCase("[DEFAULT]\nx = 0\n[A]\nx = 1", "1")]
    [TestCase("[DEFAULT]\nx = 0\n", null)]
    [TestCase("[a]\nx = 0\n", null)]
    public void Finds_the_value_that_Python_finds(string text, string? expected) =>
        Assert.That(Parse(text).Get("A", "X"), Is.EqualTo(expected));

    [TestCase("[A]\nx=1\n[A]\n", 3)]
    [TestCase("x=1\n[A]\n", 1)]
    [TestCase("[A]\nx=1\norphan\ny=2\n", 3)]
    [TestCase("\uFEFF[A]\nx=1\n", 1)]
    [TestCase("[A]\n= 1\n", 2)]
    public void Counts_a_file_with_a_syntax_error_as_empty_and_says_where(string text, int line)
    {
        var ini = Parse(text);
        Assert.That(ini.Unparseable?.Line, Is.EqualTo(line));
        Assert.That(ini.Sections, Is.Empty);
    }

    [TestCase("[A]\nx=1\n\nX : 2\n", 4)]
    [TestCase("[A]\nx=1\n[DEFAULT]\ny=1\n[DEFAULT]\ny=2\n", 6)]
    [TestCase("[A]\norphan\nx=1\nx=2\n", 4)]
    [TestCase("[A]\nx=1\u000Bx=2\n", 3)]
    public void Stops_at_an_option_that_occurs_twice_in_a_section(string text, int line) => Assert.That(
        () => Parse(text), Throws.TypeOf<SourceException>().With.Property("Subject").EqualTo($"demo.ini:{line}"));

    [Test]
    public void Stops_at_a_byte_that_is_not_UTF8_unless_it_has_given_up_before()
    {
        byte[] late = [.. "[A]\nx=1\n"u8, 0xFF], afterFault = [.. Encoding.UTF8.GetBytes("text\n" + new string('m', 80)), 0xFF];
        Assert.That(() => IniFile.Parse("demo.ini", late), Throws.TypeOf<SourceException>().With.Property("Subject").StartsWith("demo.ini:"));
        Assert.That(IniFile.Parse("demo.ini", afterFault).Unparseable, Is.Not.Null);
    }

    [Test]
    public void Drops_a_character_that_the_end_of_the_file_cuts() =>
        Assert.That(IniFile.Parse("demo.ini", [.. "[A]\nx=1"u8, 0xE2, 0x80]).Get("A", "x"), Is.EqualTo("1"));

    [Test]
    public void Knows_the_line_of_an_option() => Assert.That(Parse("# c\n[A]\n\nx=1\n y\n").LineOf("A", "x"), Is.EqualTo(4));

    [Test]
    public void Lists_sections_in_file_order() => Assert.That(Parse("[5.2]\n[DEFAULT]\n[5.0]\n").Sections, Is.EqualTo(new[] { "5.2", "5.0" }));

    [Test]
    public void Refuses_a_file_beyond_the_limit() =>
        Assert.That(() => IniFile.Parse("demo.ini", new byte[IniFile.MaxBytes + 1]), Throws.TypeOf<SourceException>());

    [Test]
    public void Reads_long_lines_and_many_lines_in_little_time()
    {
        var watch = System.Diagnostics.Stopwatch.StartNew();
        IniFile.Parse("demo.ini", [.. Encoding.UTF8.GetBytes("[A]\nx=1\n" + new string('y', 1_000_000)), 0xE2, 0x80]);
        IniFile.Parse("demo.ini", Encoding.UTF8.GetBytes("[A]\nx=1\n" + string.Concat(Enumerable.Repeat(" y\n", 500_000))));
        Assert.That(() => IniFile.Parse("demo.ini", [.. Encoding.UTF8.GetBytes("[A]\nx=1\n" + new string('y', 1_000_000)), 0xFF]), Throws.TypeOf<SourceException>());
        Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromMinutes(1)));
    }
}
