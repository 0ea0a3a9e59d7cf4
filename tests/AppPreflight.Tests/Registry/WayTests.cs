using AppPreflight.Images;
using AppPreflight.Upgrades;
using NUnit.Framework;

namespace AppPreflight.Registry;

/// <summary>Mirrors, proxies, insecure registries and the App Center's probe.</summary>
internal sealed class WayTests
{
    private static readonly Pulls Good = new();

    [TestCase("https://reg.example.org/", "http://proxy:3128/")]
    [TestCase("http://reg.example.org/", "http://plain:8080/")]
    [TestCase("https://localhost/", null)]
    [TestCase("https://127.3.2.1:5000/", null)]
    [TestCase("https://[::1]:5000/", null)]
    [TestCase("https://foo.com/", null)]
    [TestCase("https://bar.foo.com/", null)]
    [TestCase("https://barfoo.com/", "http://proxy:3128/")]
    [TestCase("https://dot.com/", "http://proxy:3128/")]
    [TestCase("https://a.dot.com/", null)]
    [TestCase("https://star.com/", "http://proxy:3128/")]
    [TestCase("https://A.STAR.com/", null)]
    [TestCase("https://10.1.2.3/", null)]
    [TestCase("https://10.2.2.3/", "http://proxy:3128/")]
    [TestCase("https://192.0.2.7/", null)]
    [TestCase("https://port.com:5000/", null)]
    [TestCase("https://port.com/", "http://proxy:3128/")]
    [TestCase("https://[2001:db8::1]/", null)]
    [TestCase("https://[2001:db9::1]:5000/", null)]
    [TestCase("https://[2001:db9::1]/", "http://proxy:3128/")]
    public void Takes_the_proxy_Go_would_take(string address, string? proxy)
    {
        var rule = new EngineProxy(new EngineNetwork
        {
            HttpProxy = "plain:8080",
            HttpsProxy = "http://xxxxx:xxxxx@proxy:3128",
            NoProxy = "foo.com, .dot.com,*.star.com,10.1.0.0/16,192.0.2.7,port.com:5000,2001:db8::1,[2001:db9::1]:5000,,",
        });
        Assert.That(rule.GetProxy(new(address))?.ToString(), Is.EqualTo(proxy));
        Assert.That(rule.IsBypassed(new(address)), Is.EqualTo(proxy is null));
    }

    [Test]
    public void Takes_no_proxy_at_all_with_a_star()
    {
        var rule = new EngineProxy(new EngineNetwork { HttpsProxy = "http://proxy:3128", NoProxy = "*" });
        Assert.That(rule.GetProxy(new("https://a.org/")), Is.Null);
    }

    [TestCase("http://u%40x:p%3Aw@proxy:3128", "u@x", "p:w")]
    [TestCase("http://xxxxx:xxxxx@proxy:3128", null, null)]
    [TestCase("http://proxy:3128", null, null)]
    public void Logs_in_at_the_proxy_unless_the_engine_masked_it(string proxy, string? user, string? password)
    {
        var rule = new EngineProxy(new EngineNetwork { HttpsProxy = proxy });
        var login = rule.Credentials!.GetCredential(rule.GetProxy(new("https://a.org/"))!, "Basic");
        Assert.That((login?.UserName, login?.Password), Is.EqualTo((user, password)));
        Assert.That(rule.GetProxy(new("https://a.org/"))!.UserInfo, Is.Empty);
    }

    [TestCase("127.0.0.1:5000", true)]
    [TestCase("127.9.9.9", true)]
    [TestCase("localhost:5000", true)]
    [TestCase("10.1.2.3:5000", true)]
    [TestCase("10.200.0.1", true)]
    [TestCase("11.0.0.1", false)]
    [TestCase("192.0.2.9:5000", true)]
    [TestCase("192.0.2.9", false)]
    [TestCase("[fd00::1]:5000", true)]
    [TestCase("[fe00::1]:5000", false)]
    [TestCase("no-such-host.invalid", false)]
    public async Task Knows_an_insecure_registry(string authority, bool expected)
    {
        var rule = new InsecureRule(new EngineNetwork { InsecureNetworks = ["10.1.2.3/8", "fd00::/8", "rubbish", "10.0.0.0/99"], InsecureHosts = ["192.0.2.9:5000"] });
        Assert.That(await rule.AppliesAsync(authority, CancellationToken.None), Is.EqualTo(expected));
    }

    [Test]
    public async Task Asks_a_mirror_for_images_of_Docker_Hub_and_shows_it_no_password()
    {
        await using var mirror = FakeServer.Start(Good.Serve);
        using var client = Pulls.Client(network: new EngineNetwork { Mirrors = ["rubbish", $"http://{mirror.Authority}/"] });
        var image = new ImageRequirement(Oci.ImageReference.Parse("postgres:15"), ["1"]);
        var served = await client.ResolveAsync(image, Pulls.Amd64, CancellationToken.None);
        Assert.That(served.Root.Bytes.ToArray(), Is.EqualTo(Good.Manifest));
        Assert.That(mirror.Requests.Select(request => request.Path), Has.Some.EqualTo("/v2/library/postgres/manifests/15"));
    }

    [TestCase(200, false, PermissionAnswer.Granted)]
    [TestCase(401, false, PermissionAnswer.Denied)]
    [TestCase(404, false, PermissionAnswer.Denied)]
    [TestCase(503, false, PermissionAnswer.Denied)]
    [TestCase(304, false, PermissionAnswer.Denied)]
    [TestCase(0, false, PermissionAnswer.Uncaught, Description = "no answer in time")]
    [TestCase(0, true, PermissionAnswer.Uncaught, Description = "reset")]
    public async Task Answers_the_permission_probe_as_the_App_Center_would(int status, bool resets, PermissionAnswer expected)
    {
        await using var server = FakeServer.Start(_ => new(status, []) { Hangs = status == 0, Resets = resets });
        using var client = Pulls.Client(Pulls.Quick with { Probe = TimeSpan.FromMilliseconds(status == 0 && !resets ? 100 : 5000) }, licence: "key-1");
        var answer = await client.ProbeAsync(new($"http://{server.Authority}/v2/a/manifests/1"), CancellationToken.None);
        Assert.That(answer, Is.EqualTo(expected));
        Assert.That(server.Requests.First().Authorization, Is.EqualTo("Basic " + Convert.ToBase64String("key-1:key-1"u8)));
    }

    [Test]
    public async Task Refuses_a_probe_whose_answer_is_a_closed_connection()
    {
        await using var server = FakeServer.Start(_ => new(200, []) { Leaves = true });
        using var client = Pulls.Client();
        Assert.That(await client.ProbeAsync(new($"http://{server.Authority}/"), CancellationToken.None), Is.EqualTo(PermissionAnswer.Denied));
    }

    [TestCase("https://no-such-host.invalid/v2/")]
    [TestCase("rubbish")]
    [TestCase("file:///etc/passwd")]
    [TestCase("http://127.0.0.1:1/v2/")]
    public async Task Refuses_a_probe_that_reaches_nobody(string url)
    {
        using var client = Pulls.Client();
        Assert.That(await client.ProbeAsync(new(url), CancellationToken.None), Is.EqualTo(PermissionAnswer.Denied));
    }

    [Test]
    public async Task Shows_the_licence_to_nobody_else()
    {
        await using var other = FakeServer.Start(_ => new(200, []), "127.0.0.2");
        await using var server = FakeServer.Start(_ => new FakeReply(302, []).With("Location", $"http://{other.Authority}/"));
        using var client = Pulls.Client(licence: "key-1");
        await client.ProbeAsync(new($"http://{server.Authority}/"), CancellationToken.None);
        Assert.That(other.Requests.Single().Authorization, Is.Null);
    }

    [TestCase("""{"auths":{"https://index.docker.io/v1/":{"auth":"dTpw"} } }""", "docker.io", "u")]
    [TestCase("""{"auths":{"reg.example.org:5000":{"auth":"dTpw"} } }""", "reg.example.org:5000", "u")]
    [TestCase("""{"auths":{"reg.example.org:5000":{"auth":"dTpw"} } }""", "reg.example.org", null)]
    [TestCase("""{"auths":{"http://reg.example.org/v2/":{"auth":"eDpw"},"reg.example.org":{"auth":"dTpw"} } }""", "reg.example.org", "u")]
    [TestCase("""{"auths":{"reg.example.org":{"username":"u","password":"p"} } }""", "reg.example.org", "u")]
    [TestCase("""{"auths":{"reg.example.org":{"auth":"###"} } }""", "reg.example.org", null)]
    [TestCase("""{"auths":{"reg.example.org":{"auth":"dQ=="} } }""", "reg.example.org", null)]
    [TestCase("""{"auths":{"reg.example.org":{} } }""", "reg.example.org", null)]
    [TestCase("""{"auths":[]}""", "reg.example.org", null)]
    [TestCase("[]", "reg.example.org", null)]
    [TestCase("{", "reg.example.org", null)]
    public void Finds_the_login_in_a_docker_config(string text, string registry, string? user)
    {
        var folder = Directory.CreateTempSubdirectory("apr-config-").FullName;
        File.WriteAllText(Path.Combine(folder, "config.json"), text);
        var file = DockerConfigFile.Read(new RegistrySettings { DockerConfigFolder = folder });
        Directory.Delete(folder, recursive: true);
        Assert.That(file.Find(registry)?.User, Is.EqualTo(user));
        Assert.That(file.Complaint is null, Is.EqualTo(text != "{"));
    }
}
