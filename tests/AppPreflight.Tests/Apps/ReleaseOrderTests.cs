using NUnit.Framework;

namespace AppPreflight.Apps;

public sealed class ReleaseOrderTests
{
    [Test]
    public void Orders_by_cache_before_version_and_by_component_last() =>
        Assert.That(ReleaseOrder.Sort([Of("5.2", "1.0", "b"), Of("5.2", "1-0", "a"), Of("5.0", "9", "c"), Of("5.10", "0", "d")]).Select(release => release.ComponentId),
            Is.EqualTo(new[] { "c", "a", "b", "d" }));

    [Test]
    public void Sorts_an_order_that_runs_in_circles_as_Python_does()
    {
        // 2 < 10 < 1a < 2; python3: sorted() of these four in this order
        Assert.That(ReleaseOrder.Sort([Of("5.2", "1a", "1"), Of("5.2", "2", "2"), Of("5.2", "10", "3"), Of("5.2", "1", "4")]).Select(release => release.Version.Text),
            Is.EqualTo(new[] { "1", "1a", "2", "10" }));
    }

    [Test]
    public void Sorts_thousands_without_a_word_whatever_their_order()
    {
        var random = new Random(7);
        var releases = Enumerable.Range(0, 3000).Select(number => Of("5.2", random.Next(2) == 0 ? $"{random.Next(30)}" : $"{random.Next(30)}a", $"{number}")).ToList();
        Assert.That(ReleaseOrder.Sort(releases), Has.Count.EqualTo(3000));
    }

    private static AppRelease Of(string ucs, string version, string component) =>
        new() { Id = "demo", ComponentId = component, Ucs = ucs, Version = new(version) };
}
