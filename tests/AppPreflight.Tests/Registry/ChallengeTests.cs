using NUnit.Framework;

namespace AppPreflight.Registry;

internal sealed class ChallengeTests
{
    [TestCase("""Bearer realm="https://a/t",service="s",scope="repository:x:pull,push" """, "https://a/t", "s")]
    [TestCase("""bearer Realm=https://a/t , SERVICE = "a \"quoted\" one" """, "https", null, Description = "an unquoted address ends at its colon")]
    [TestCase("""Basic realm="x", Bearer realm="https://a/t",service="s" """, "https://a/t", "s")]
    [TestCase("""Bearer realm="https://a/t",realm="https://evil/t",service="s" """, "https://a/t", "s")]
    [TestCase("""Basic realm="a, Bearer realm=\"https://evil/\"" """, null, null)]
    [TestCase("""Negotiate, Basic realm="x" """, null, null)]
    public void Finds_the_bearer_realm(string header, string? realm, string? service)
    {
        var best = Challenge.Best([header]);
        var bearer = best?.IsBearer == true ? best : null;
        Assert.That((bearer?.Realm, bearer?.Service), Is.EqualTo((realm, service)));
    }

    [Test]
    public void Reads_an_escaped_quotation_mark()
    {
        Assert.That(Challenge.Parse("""Bearer realm="r",service="a \"b\" c" """)[0].Service, Is.EqualTo("""a "b" c"""));
    }

    [TestCase("")]
    [TestCase("\"")]
    [TestCase("Bearer")]
    [TestCase("Bearer realm=\"https://a")]
    [TestCase("=,=,=")]
    [TestCase("Bearer realm")]
    public void Offers_nothing_where_nothing_can_be_read(string header)
    {
        Assert.That(Challenge.Best([header]), Is.Null);
    }

    [Test]
    public void Bounds_what_it_reads()
    {
        Assert.That(Challenge.Parse("Bearer realm=\"" + new string('a', 20_000) + "\""), Is.Empty);
        Assert.That(Challenge.Parse(string.Concat(Enumerable.Repeat("Basic realm=\"x\", ", 900))), Has.Count.LessThan(10));
        Assert.That(Challenge.Parse("Basic " + string.Join(",", Enumerable.Range(0, 900).Select(i => $"k{i}=v")))[0].Parameters, Has.Count.LessThan(20));
    }
}
