using AppPreflight.Vectors;
using NUnit.Framework;

namespace AppPreflight.Apps;

public sealed class AppVersionTests
{
    [Test]
    public void Orders_every_shared_pair_as_the_App_Center_does() => VectorRun.AssertAllRight("versions", each =>
    {
        AppVersion left = new(each.Text("a")!), right = new(each.Text("b")!);
        int expected = each.Expected.GetInt32();
        int found = Math.Sign(left.CompareTo(right)), reverse = Math.Sign(right.CompareTo(left));
        return found == expected && reverse == -expected ? null : $"{found} (reverse {reverse}) instead of {expected}";
    });

    [TestCase("1.10.3", "2.0.0", -1)]
    [TestCase("2.0", "2.0.0", -1)]
    [TestCase("1.0.1", "1.0-1", 0)]
    [TestCase("3.1.1 v2", "3.1.1", 1)]
    [TestCase("5.2 v10", "5.2 v9", 1)]
    [TestCase("1.1A", "1.1a", -1)]
    [TestCase("161", "3.10a", 1)]
    public void Compares_token_by_token(string left, string right, int expected) =>
        Assert.That(Math.Sign(new AppVersion(left).CompareTo(new(right))), Is.EqualTo(expected));

    [Test]
    public void Keeps_a_run_of_more_than_4300_digits_as_text()
    {
        var longest = new AppVersion("9" + new string('0', 4299));
        var tooLong = new AppVersion("8" + new string('0', 4300));
        Assert.That(longest > tooLong, "as text 9… is above 8…, although the number is smaller");
    }

    [Test]
    public void Holds_versions_of_one_rank_apart() => Assert.Multiple(() =>
    {
        Assert.That(new AppVersion("1.0.1") == new AppVersion("1.0-1"), Is.False);
        Assert.That(new AppVersion("1.0.1").CompareTo(new("1.0-1")), Is.Zero);
    });
}
