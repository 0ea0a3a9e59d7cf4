using AppPreflight.Images;
using AppPreflight.Oci;
using NUnit.Framework;

namespace AppPreflight.Registry;

internal sealed class RetryTests
{
    private static readonly Pulls Good = new();

    [TestCase(429)]
    [TestCase(500)]
    [TestCase(502)]
    [TestCase(503)]
    [TestCase(504)]
    public async Task Asks_again_after_a_passing_fault(int status)
    {
        var (size, asked) = await FindAsync(n => n < 3 ? new(status, []) : new(200, Good.Layer));
        Assert.That((size, asked), Is.EqualTo(((long?)Good.Layer.Length, 3)));
    }

    [Test]
    public async Task Asks_again_after_a_reset_connection()
    {
        var (size, asked) = await FindAsync(n => n < 3 ? new(200, []) { Resets = true } : new(200, Good.Layer));
        Assert.That(size, Is.EqualTo(Good.Layer.Length));
        Assert.That(asked, Is.GreaterThanOrEqualTo(3));
    }

    [TestCase(429, Fault.Throttled)]
    [TestCase(503, Fault.Unreachable)]
    public async Task Gives_up_after_three_tries(int status, Fault expected)
    {
        var asked = 0;
        var fault = await Pulls.FaultOfAsync(() => FindAsync(n => Counted(new(status, []), asked = n)));
        Assert.That((fault.Fault, asked), Is.EqualTo((expected, 3)));
    }

    [TestCase(401)]
    [TestCase(403)]
    [TestCase(404)]
    [TestCase(501)]
    public async Task Takes_a_no_for_a_no(int status)
    {
        var asked = 0;
        await Pulls.FaultOfAsync(() => FindAsync(n => Counted(new(status, []), asked = n), HttpMethod.Get));
        Assert.That(asked, Is.EqualTo(1));
    }

    [Test]
    public async Task Does_not_ask_again_for_a_wrong_digest()
    {
        var asked = 0;
        await using var server = FakeServer.Start(_ => new(200, asked++ >= 0 ? "{}"u8.ToArray() : []));
        using var client = Pulls.Client();
        var fault = await Pulls.FaultOfAsync(() => client.ResolveAsync(Pulls.Image(server.Authority, $"a/b@{Digest.Of(Good.Layer)}"), Pulls.Amd64, CancellationToken.None));
        Assert.That((fault.Fault, asked), Is.EqualTo((Fault.Corrupt, 1)));
    }

    [Test]
    public async Task Waits_as_long_as_the_registry_asks()
    {
        var started = TimeProvider.System.GetTimestamp();
        var limits = Pulls.Quick with { LongestPause = TimeSpan.FromSeconds(2) };
        await FindAsync(n => n == 1 ? new FakeReply(429, []).With("Retry-After", "1") : new(200, Good.Layer), limits: limits);
        Assert.That(TimeProvider.System.GetElapsedTime(started), Is.GreaterThan(TimeSpan.FromSeconds(0.9)));
    }

    [Test]
    public async Task Does_not_wait_longer_than_its_own_limit()
    {
        var asked = 0;
        var fault = await Pulls.FaultOfAsync(() => FindAsync(n => Counted(new FakeReply(429, []).With("Retry-After", "3600"), asked = n)));
        Assert.That((fault.Fault, asked), Is.EqualTo((Fault.Throttled, 1)));
        Assert.That(fault.Message, Does.Contain("asks to wait (3600)"));
    }

    [Test]
    public async Task Says_that_nobody_listens()
    {
        string authority;
        await using (var server = FakeServer.Start(Good.Serve)) authority = server.Authority;
        using var client = Pulls.Client();
        var fault = await Pulls.FaultOfAsync(() => client.ResolveAsync(Pulls.Image(authority), Pulls.Amd64, CancellationToken.None));
        Assert.That((fault.Fault, fault.Message), Is.EqualTo((Fault.Unreachable, $"{authority} cannot be reached for {authority}/app/web:1.0: the connection is refused")));
    }

    [Test]
    public async Task Says_that_no_answer_came()
    {
        var limits = Pulls.Quick with { Headers = TimeSpan.FromMilliseconds(50) };
        var fault = await Pulls.FaultOfAsync(() => FindAsync(_ => new(200, []) { Hangs = true }, limits: limits));
        Assert.That(fault.Fault, Is.EqualTo(Fault.Unreachable));
        Assert.That(fault.Message, Does.EndWith("no answer within 0.1 s").Or.EndWith("no answer within 0.05 s"));
    }

    [TestCase(405)]
    [TestCase(501)]
    public async Task Asks_for_the_first_byte_where_HEAD_is_not_understood(int status)
    {
        await using var server = FakeServer.Start(request => request.Method == "HEAD" ? new(status, [])
            : new FakeReply(206, [1]).With("Content-Range", "bytes 0-0/4711"));
        using var client = Pulls.Client();
        Assert.That(await client.FindLayerAsync(Pulls.Image(server.Authority), Good.LayerDescriptor, CancellationToken.None), Is.EqualTo(4711));
        Assert.That(server.Requests.Last().Headers["Range"], Is.EqualTo("bytes=0-0"));
    }

    [Test]
    public async Task Has_no_more_than_six_requests_under_way()
    {
        int now = 0, most = 0;
        using var all = new ManualResetEventSlim();
        var counting = new Lock();
        await using var server = FakeServer.Start(_ =>
        {
            lock (counting) most = Math.Max(most, ++now);
            // the first six wait for each other; a seventh would be counted before they leave
            if (most >= 6) all.Set();
            all.Wait(2000);
            lock (counting) now--;
            return new(200, Good.Layer);
        });
        using var client = Pulls.Client();
        await Task.WhenAll(Enumerable.Range(0, 24).Select(_ => client.FindLayerAsync(Pulls.Image(server.Authority), Good.LayerDescriptor, CancellationToken.None)));
        Assert.That(most, Is.EqualTo(6));
    }

    // the count is taken where the argument is made
    private static FakeReply Counted(FakeReply reply, int count) => reply.With("X-Count", count.ToString(System.Globalization.CultureInfo.InvariantCulture));

    private static async Task<(long? Size, int Asked)> FindAsync(Func<int, FakeReply> reply, HttpMethod? method = null, RegistryLimits? limits = null)
    {
        var asked = 0;
        await using var server = FakeServer.Start(_ => reply(++asked));
        using var client = Pulls.Client(limits);
        var image = Pulls.Image(server.Authority);
        if (method == HttpMethod.Get) return ((await client.ReadLayerAsync(image, Good.LayerDescriptor, null, CancellationToken.None)).SizeBytes, asked);
        return (await client.FindLayerAsync(image, Good.LayerDescriptor, CancellationToken.None), asked);
    }
}
