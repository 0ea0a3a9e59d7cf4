using NUnit.Framework;

namespace AppPreflight.Pairs;

internal sealed class AlignmentTests
{
    [TestCase("abc", "abc", "aa bb cc")]
    [TestCase("abc", "axbc", "aa -x bb cc")]
    [TestCase("abc", "ac", "aa b- cc")]
    [TestCase("abc", "xbc", "a- -x bb cc")]
    [TestCase("", "ab", "-a -b")]
    [TestCase("ab", "", "a- b-")]
    [TestCase("", "", "")]
    public void Puts_beside_each_other_what_both_have(string a, string b, string lines) =>
        Assert.That(Show(a, b), Is.EqualTo(lines));

    [Test]
    public void Finds_as_much_in_common_as_there_is([Range(1, 200)] int seed)
    {
        var random = new Random(seed);
        var (a, b) = (Word(random), Word(random));
        var lines = Alignment.Of(a.ToList(), b.ToList(), static (x, y) => x == y);
        Assert.That(lines.Where(line => line.A is not null).Select(line => line.A), Is.EqualTo(Enumerable.Range(0, a.Length)));
        Assert.That(lines.Where(line => line.B is not null).Select(line => line.B), Is.EqualTo(Enumerable.Range(0, b.Length)));
        Assert.That(lines.Where(line => line is { A: not null, B: not null }).All(line => a[line.A!.Value] == b[line.B!.Value]));
        Assert.That(lines.Count(line => line is { A: not null, B: not null }), Is.EqualTo(Longest(a, b)));
    }

    private static string Word(Random random) => string.Concat(Enumerable.Range(0, random.Next(9)).Select(_ => (char)('a' + random.Next(4))));

    private static int Longest(string a, string b) => a.Length == 0 || b.Length == 0 ? 0
        : a[0] == b[0] ? Longest(a[1..], b[1..]) + 1 : Math.Max(Longest(a[1..], b), Longest(a, b[1..]));

    private static string Show(string a, string b) => string.Join(' ', Alignment.Of(a.ToList(), b.ToList(), static (x, y) => x == y)
        .Select(line => $"{(line.A is { } i ? a[i] : '-')}{(line.B is { } j ? b[j] : '-')}"));
}
