using System.Text;
using AppPreflight.Images;
using NUnit.Framework;

namespace AppPreflight.Registry;

internal sealed class AuthorizationTests
{
    private const string Ucs = "Basic dWNzOnJlYWRvbmx5";
    private static readonly Pulls Good = new();

    private string root = "";

    [SetUp]
    public void MakeRoot() => root = Directory.CreateTempSubdirectory("apr-auth-").FullName;

    [TearDown]
    public void RemoveRoot() => Directory.Delete(root, recursive: true);

    [Test]
    public async Task Shows_no_credentials_where_nobody_asks()
    {
        await using var server = FakeServer.Start(Good.Serve);
        using var client = Pulls.Client(root: root);
        var image = Pulls.Image(server.Authority);
        await client.ResolveAsync(image, Pulls.Amd64, CancellationToken.None);
        Assert.That(server.Requests.Select(request => request.Authorization), Is.All.Null);
        Assert.That(client.CredentialFor(image), Is.Null);
    }

    [Test]
    public async Task Logs_in_as_the_App_Center_does_when_asked_and_remembers_it()
    {
        await using var server = FakeServer.Start(Basic(Ucs));
        using var client = Pulls.Client(root: root);
        var image = Pulls.Image(server.Authority);
        await client.ResolveAsync(image, Pulls.Amd64, CancellationToken.None);
        await client.ResolveAsync(Pulls.Image(server.Authority, "other/app"), Pulls.Amd64, CancellationToken.None);
        Assert.That(server.Requests.Select(request => request.Authorization), Is.EqualTo(new[] { null, Ucs, Ucs, Ucs, Ucs }));
        Assert.That(client.CredentialFor(image), Is.EqualTo(new Credential("ucs", "readonly")));
    }

    [Test]
    public async Task Pulls_a_paid_app_with_the_key_of_the_licence()
    {
        await using var server = FakeServer.Start(Basic(Pair("key-1", "key-1")));
        using var client = Pulls.Client(licence: "key-1", root: root);
        var image = Pulls.Image(server.Authority) with { InstallPermissions = true };
        Assert.That(client.CredentialFor(image), Is.EqualTo(new Credential("key-1", "key-1")));
        await client.ResolveAsync(image, Pulls.Amd64, CancellationToken.None);
        Assert.That(client.CredentialFor(image)!.ToString(), Is.EqualTo("***"));
    }

    [Test]
    public async Task Falls_back_to_the_login_in_the_docker_config_when_the_App_Centers_is_refused()
    {
        await using var server = FakeServer.Start(Basic(Pair("ann", "a:b")));
        WriteConfig($$"""{"auths":{"https://{{server.Authority}}/v1/":{"auth":"{{Pair("ann", "a:b")["Basic ".Length..]}}"} } }""");
        using var client = Pulls.Client(root: root);
        var image = Pulls.Image(server.Authority);
        await client.ResolveAsync(image, Pulls.Amd64, CancellationToken.None);
        Assert.That(client.CredentialFor(image), Is.EqualTo(new Credential("ann", "a:b")));
    }

    [Test]
    public async Task Says_that_a_credential_helper_was_not_started()
    {
        await using var server = FakeServer.Start(Basic("Basic other"));
        WriteConfig($$"""{"credHelpers":{"{{server.Authority}}":"pass"} }""");
        using var client = Pulls.Client(root: root);
        var fault = await Pulls.FaultOfAsync(() => client.ResolveAsync(Pulls.Image(server.Authority), Pulls.Amd64, CancellationToken.None));
        Assert.That(fault.Fault, Is.EqualTo(Fault.Denied));
        Assert.That(fault.Message, Does.Contain("helpers are not started"));
        Assert.That(fault.Message, Does.Not.Contain("readonly"));
    }

    [Test]
    public async Task Gets_an_anonymous_token_before_it_shows_a_password()
    {
        await using var server = FakeServer.Start(Bearer(anonymous: "t1", named: "t2", valid: "t1"));
        using var client = Pulls.Client(root: root);
        await client.ResolveAsync(Pulls.Image(server.Authority), Pulls.Amd64, CancellationToken.None);
        Assert.That(Sent(server), Is.EqualTo(new[] { "manifests -", "token -", "manifests Bearer t1", "blobs Bearer t1" }));
        Assert.That(server.Requests.First(IsToken).Path, Is.EqualTo("/token?service=reg&scope=repository%3Aapp%2Fweb%3Apull"));
    }

    [Test]
    public async Task Shows_the_password_to_the_realm_when_the_anonymous_token_is_not_enough()
    {
        await using var server = FakeServer.Start(Bearer(anonymous: "t1", named: "t2", valid: "t2"));
        using var client = Pulls.Client(root: root);
        var image = Pulls.Image(server.Authority);
        await client.ResolveAsync(image, Pulls.Amd64, CancellationToken.None);
        Assert.That(Sent(server), Is.EqualTo(new[] { "manifests -", "token -", "manifests Bearer t1", "token " + Ucs, "manifests Bearer t2", "blobs Bearer t2" }));
        Assert.That(client.CredentialFor(image), Is.EqualTo(new Credential("ucs", "readonly")));
    }

    [Test]
    public async Task Asks_for_one_token_only_however_many_questions_there_are_at_once()
    {
        await using var server = FakeServer.Start(Bearer(anonymous: "t1", named: "t2", valid: "t1"));
        using var client = Pulls.Client(root: root);
        await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => client.FindLayerAsync(Pulls.Image(server.Authority), Good.LayerDescriptor, CancellationToken.None)));
        Assert.That(server.Requests.Count(IsToken), Is.EqualTo(1));
    }

    [Test]
    public async Task Fetches_a_new_token_when_the_old_one_has_run_out()
    {
        var clock = new LaterClock();
        await using var server = FakeServer.Start(Bearer(anonymous: "t1", named: "t2", valid: "t1"));
        using var client = Pulls.Client(root: root, time: clock);
        var image = Pulls.Image(server.Authority);
        await client.ResolveAsync(image, Pulls.Amd64, CancellationToken.None);
        clock.Ahead = TimeSpan.FromSeconds(289);
        await client.ResolveAsync(image, Pulls.Amd64, CancellationToken.None);
        Assert.That(server.Requests.Count(IsToken), Is.EqualTo(1));
        clock.Ahead = TimeSpan.FromSeconds(291);
        await client.ResolveAsync(image, Pulls.Amd64, CancellationToken.None);
        Assert.That(server.Requests.Count(IsToken), Is.EqualTo(2));
    }

    [Test]
    public async Task Shows_no_password_to_a_realm_on_another_host()
    {
        await using var thief = FakeServer.Start(_ => FakeReply.Text(200, """{"token":"t1"}"""), "127.0.0.2");
        await using var server = FakeServer.Start(_ => Unauthorized($"Bearer realm=\"http://{thief.Authority}/token\",service=\"reg\""));
        using var client = Pulls.Client(root: root);
        var fault = await Pulls.FaultOfAsync(() => client.ResolveAsync(Pulls.Image(server.Authority), Pulls.Amd64, CancellationToken.None));
        Assert.That(fault.Fault, Is.EqualTo(Fault.Denied));
        Assert.That(fault.Message, Does.Contain("credentials do not cross"));
        Assert.That(thief.Requests.Select(request => request.Authorization), Is.EqualTo(new string?[] { null }));
    }

    [TestCase("{")]
    [TestCase("[]")]
    [TestCase("{}")]
    [TestCase("""{"token":""}""")]
    [TestCase("""{"token":"a\r\nX-Evil: 1"}""")]
    [TestCase("""{"token":7}""")]
    public async Task Denies_when_the_realm_gives_no_usable_token(string body)
    {
        FakeServer? self = null;
        await using var server = FakeServer.Start(request => IsToken(request) ? FakeReply.Text(200, body) : Unauthorized($"Bearer realm=\"http://{self!.Authority}/token\""));
        self = server;
        using var client = Pulls.Client(root: root);
        var fault = await Pulls.FaultOfAsync(() => client.ResolveAsync(Pulls.Image(server.Authority), Pulls.Amd64, CancellationToken.None));
        Assert.That(fault.Fault, Is.EqualTo(Fault.Denied));
    }

    [TestCase(429, Fault.Throttled, "status 429")]
    [TestCase(503, Fault.Unreachable, "status 503")]
    [TestCase(200, Fault.Unreachable, "gives no token", Description = "cut in the middle of the token")]
    public async Task Names_the_realm_that_gives_no_token(int status, Fault expected, string words)
    {
        FakeServer? self = null;
        await using var server = FakeServer.Start(request => IsToken(request) ? new(status, "{"u8.ToArray()) { Announced = 100 }
            : Unauthorized($"Bearer realm=\"http://{self!.Authority}/token\""));
        self = server;
        using var client = Pulls.Client(root: root);
        var fault = await Pulls.FaultOfAsync(() => client.ResolveAsync(Pulls.Image(server.Authority), Pulls.Amd64, CancellationToken.None));
        Assert.That(fault.Fault, Is.EqualTo(expected));
        Assert.That(fault.Message, Does.Contain($"token realm {server.Authority}").And.Contain(words));
    }

    [Test]
    public async Task Drops_the_authorization_on_the_way_to_object_storage()
    {
        await using var storage = FakeServer.Start(_ => new(200, Good.Layer), "127.0.0.2");
        await using var server = FakeServer.Start(request => request.Authorization != Ucs ? Unauthorized("Basic realm=\"x\"")
            : new FakeReply(307, []).With("Location", $"http://{storage.Authority}/bucket/x?sig=1"));
        using var client = Pulls.Client(root: root);
        var proof = await client.ReadLayerAsync(Pulls.Image(server.Authority), Good.LayerDescriptor, null, CancellationToken.None);
        Assert.That(proof.Digest, Is.EqualTo(Good.LayerDescriptor.Digest));
        Assert.That(storage.Requests.Select(request => request.Authorization), Is.EqualTo(new string?[] { null }));
    }

    [Test]
    public async Task Answers_no_challenge_of_object_storage()
    {
        await using var storage = FakeServer.Start(_ => Unauthorized("Basic realm=\"x\""), "127.0.0.2");
        await using var server = FakeServer.Start(_ => new FakeReply(302, []).With("Location", $"http://{storage.Authority}/x"));
        using var client = Pulls.Client(root: root);
        var fault = await Pulls.FaultOfAsync(() => client.FindLayerAsync(Pulls.Image(server.Authority), Good.LayerDescriptor, CancellationToken.None));
        Assert.That((fault.Fault, storage.Requests.Count(request => request.Authorization is not null)), Is.EqualTo((Fault.Denied, 0)));
    }

    [Test]
    public async Task Drops_the_authorization_on_another_port_of_the_same_host()
    {
        await using var storage = FakeServer.Start(_ => new(200, Good.Layer));
        await using var server = FakeServer.Start(request => request.Authorization != Ucs ? Unauthorized("Basic realm=\"x\"")
            : new FakeReply(302, []).With("Location", $"http://{storage.Authority}/x"));
        using var client = Pulls.Client(root: root);
        await client.ReadLayerAsync(Pulls.Image(server.Authority), Good.LayerDescriptor, null, CancellationToken.None);
        Assert.That(storage.Requests.Single().Authorization, Is.Null);
    }

    [Test]
    public async Task Keeps_the_authorization_on_the_same_host()
    {
        await using var server = FakeServer.Start(request => request.Authorization != Ucs ? Unauthorized("Basic realm=\"x\"")
            : request.Path == "/here" ? new(200, Good.Layer)
            : new FakeReply(301, []).With("Location", "/here"));
        using var client = Pulls.Client(root: root);
        var proof = await client.ReadLayerAsync(Pulls.Image(server.Authority), Good.LayerDescriptor, null, CancellationToken.None);
        Assert.That(proof.Digest, Is.EqualTo(Good.LayerDescriptor.Digest));
    }

    [TestCase("/round", "more than 5 times")]
    [TestCase("ftp://127.0.0.1/x", "neither http nor https")]
    [TestCase("file:///etc/shadow", "neither http nor https")]
    [TestCase("http://a:b@127.0.0.1/x", "a user in it")]
    public async Task Does_not_follow_a_redirect_to(string location, string words)
    {
        await using var server = FakeServer.Start(_ => new FakeReply(302, []).With("Location", location));
        using var client = Pulls.Client(root: root);
        var fault = await Pulls.FaultOfAsync(() => client.FindLayerAsync(Pulls.Image(server.Authority), Good.LayerDescriptor, CancellationToken.None));
        Assert.That(fault.Fault, Is.EqualTo(Fault.Malformed));
        Assert.That(fault.Message, Does.Contain(words));
    }

    private static bool IsToken(FakeRequest request) => request.Path.StartsWith("/token", StringComparison.Ordinal);

    private static FakeReply Unauthorized(string challenge) => FakeReply.Text(401, """{"errors":[]}""").With("WWW-Authenticate", challenge);

    private static string Pair(string user, string password) => "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"));

    private static Func<FakeRequest, FakeReply> Basic(string accepted) =>
        request => request.Authorization == accepted ? ServeAny(request) : Unauthorized("Basic realm=\"Registry Realm\"");

    private static Func<FakeRequest, FakeReply> Bearer(string anonymous, string named, string valid) => request =>
        IsToken(request) ? FakeReply.Text(200, $$"""{"access_token":"{{(request.Authorization is null ? anonymous : named)}}","expires_in":300}""")
        : request.Authorization == "Bearer " + valid ? ServeAny(request)
        : Unauthorized($"Bearer realm=\"http://{request.Headers["Host"]}/token\",service=\"reg\",scope=\"repository:app/web:pull,push,delete\"");

    private static FakeReply ServeAny(FakeRequest request) => Good.Serve(request);

    private static IEnumerable<string> Sent(FakeServer server) =>
        server.Requests.Select(request => $"{(IsToken(request) ? "token" : request.Path.Split('/')[^2])} {request.Authorization ?? "-"}");

    private void WriteConfig(string text)
    {
        Directory.CreateDirectory(Path.Combine(root, "root/.docker"));
        File.WriteAllText(Path.Combine(root, "root/.docker/config.json"), text);
    }

    private sealed class LaterClock : TimeProvider
    {
        public TimeSpan Ahead { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Ahead;
    }
}
