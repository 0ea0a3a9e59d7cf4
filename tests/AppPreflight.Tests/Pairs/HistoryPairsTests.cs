using AppPreflight.Oci;
using NUnit.Framework;

namespace AppPreflight.Pairs;

internal sealed class HistoryPairsTests
{
    [TestCase("/bin/sh -c #(nop)  CMD [\"sh\"]", "CMD [\"sh\"]")]
    [TestCase("/bin/sh -c apt-get update", "RUN /bin/sh -c apt-get update # buildkit")]
    [TestCase("/bin/sh -c #(nop) COPY file:0123 in /opt/app/ ", "COPY app /opt/app # buildkit")]
    [TestCase("|0 /bin/sh -c make", "RUN /bin/sh -c make # buildkit")]
    public void Knows_a_step_in_either_builder_s_dress(string classic, string buildkit)
    {
        var (a, b) = (Forms.Image("a").Made(new HistoryEntry(classic, false)), Forms.Image("a").Made(new HistoryEntry(buildkit, false) { Comment = "buildkit.dockerfile.v0" }));
        Assert.That(HistoryPairs.Of(a, b), Is.EqualTo(new[] { new HistoryPair(0, 0, HistoryChange.ToldOtherwise, 0, 0) }));
    }

    [Test]
    public void Aligns_steps_with_the_layers_they_made()
    {
        var a = Forms.Image("ab").Made(new HistoryEntry("ADD base /", false), new("ENV a=b", true), new("RUN make", false));
        var b = Forms.Image("acb").Made(new HistoryEntry("ADD base /", false), new("ENV a=b", true), new("RUN more", false), new("RUN make", false));
        Assert.That(HistoryPairs.Of(a, b), Is.EqualTo(new HistoryPair[]
        {
            new(0, 0, HistoryChange.Same, 0, 0), new(1, 1, HistoryChange.Same, null, null),
            new(null, 2, HistoryChange.OnlyB, null, 1), new(2, 3, HistoryChange.Same, 1, 2),
        }));
    }

    [Test]
    public void Tells_no_layer_where_the_numbers_do_not_agree()
    {
        var image = Forms.Image("abc").Made(new HistoryEntry("RUN make", false));
        Assert.That(HistoryPairs.Of(image, image), Is.EqualTo(new[] { new HistoryPair(0, 0, HistoryChange.Same, null, null) }));
    }
}
