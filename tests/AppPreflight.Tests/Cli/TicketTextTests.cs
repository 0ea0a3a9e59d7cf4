using System.Diagnostics;
using AppPreflight.Checks;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Registry;
using AppPreflight.Runs;
using NUnit.Framework;

namespace AppPreflight.Cli;

internal sealed class TicketTextTests
{
    [Test]
    public void Tells_an_operator_all_that_is_needed_to_see_the_same()
    {
        var text = new TicketText(Causes.RottenBlob).ToString();
        TestContext.Out.WriteLine(text);
        foreach (var part in new[]
        {
            "2026-11-21 12:00:00", "linux/amd64, Docker Engine 20.10.24 (overlay2)", CommandLine.Version, Causes.RottenBlob.Run,
            Samples.Image2, "layer 2 of 2, 12,400,000 bytes promised", Samples.Digest('5'), Samples.Digest('6'), Samples.Image3,
            "Concluded: registry, proven", "every other host that pulls it will fail as well", "flipped-bit: one bit of byte 4711 is turned",
            "parts from the right bytes at offset 4,711", "Content-Type: application/octet-stream", "by way of\n", "cdn.software-univention.de", "route to host, from",
            "R='https://artifacts.software-univention.de/v2/upx/ucsschool-kelvin-rest-api'", "\"$R/blobs/$D\"", "sha256sum", "-r 4688-4751",
            "M='https://mirror.example.org:5000/v2/upx/ucsschool-kelvin-rest-api'", "skopeo inspect --raw", $"'docker://{Samples.Image2}'", "--override-os linux --override-arch amd64", "$USER:$PASSWORD",
        }) Assert.That(text, Does.Contain(part));
        Assert.That(text, Does.Not.Contain("tag-moved"));
        Assert.That(text, Does.Not.Contain(Environment.MachineName));
    }

    [Test]
    public void Fits_a_mail_and_holds_nothing_that_a_terminal_obeys()
    {
        foreach (var report in Samples.All.Append(Causes.RottenBlob).Append(Secretive()))
        {
            var text = new TicketText(report).ToString();
            Assert.That(text.Where(c => char.IsControl(c) && c != '\n'), Is.Empty);
            Assert.That(text.Split('\n').Where(line => line.Length > 78 && line.Trim().Contains(' ') && !line.StartsWith("  H='Accept", StringComparison.Ordinal)), Is.Empty);
        }
    }

    [TestCase(Culprit.Registry, true)]
    [TestCase(Culprit.Transport, true)]
    [TestCase(Culprit.Unstable, true)]
    [TestCase(Culprit.Cut, true)]
    [TestCase(Culprit.Engine, false)]
    [TestCase(Culprit.LocalStore, false)]
    [TestCase(Culprit.Publisher, true)]
    [TestCase(Culprit.Retag, false)]
    [TestCase(Culprit.Host, false)]
    public void Is_for_culprits_that_are_not_this_host(Culprit culprit, bool isIn)
    {
        var report = Causes.OfLoopback(culprit);
        Assert.That(new TicketText(report).IsEmpty, Is.EqualTo(!isIn));
    }

    [Test]
    public void Tells_what_lies_at_this_host_beside_the_rest_only()
    {
        var local = Causes.OfLoopback(Culprit.LocalStore).Findings[0] with { Code = FindingCode.StoredLayerAltered, Source = Source.Engine };
        var rotten = Causes.RottenBlob;
        Assert.That(new TicketText(rotten with { Findings = [local] }).IsEmpty, Is.True);
        var text = new TicketText(rotten with { Findings = [local, .. rotten.Findings] }).ToString();
        Assert.That(text.IndexOf("1. layer-altered", StringComparison.Ordinal), Is.Positive.And.LessThan(text.IndexOf("2. stored-layer-altered", StringComparison.Ordinal)));
        Assert.That(text, Does.EndWith("Concluded: local-store, likely\n     It is so\n"));
        Assert.That(new TicketText(Causes.OfLoopback(Culprit.Engine, FetchWay.Plain)).IsEmpty, Is.False);
    }

    [Test]
    public void Tells_of_what_a_run_cured_if_it_may_come_back()
    {
        var text = new TicketText(Causes.RottenBlob with { Findings = [], Cured = Causes.RottenBlob.Findings }).ToString();
        Assert.That(text, Does.Contain("1. layer-altered (cured in this run)").And.Not.Contain("tag-moved"));
    }

    [Test]
    public void Says_each_fetch_once()
    {
        var judged = CauseCourt.Judge(new(Causes.RottenBlob.Findings[1], new(new(ImagePart.Layer, Digest.Parse(Samples.Digest('5')), 12_400_000), Causes.Rotten.Fetches) { Difference = Causes.Rotten.Difference }));
        var text = new TicketText(Causes.RottenBlob with { Findings = [judged] }).ToString();
        Assert.That(judged.Cause!.Evidence, Has.Some.Contains("in pieces"));
        Assert.That(text, Does.Contain("ranges    206").And.Not.Contain("- in pieces"));
        Assert.That(text, Does.Contain("It parts from the right bytes").And.Not.Contain("held against right bytes"));
    }

    [Test]
    public void Asks_for_a_manifest_where_no_image_could_be_put_together()
    {
        var report = Causes.OfLoopback(Culprit.Transport, FetchWay.Plain);
        var page = report.Findings[0] with { Code = FindingCode.BlobReplacedInTransit, Subject = Causes.Local, Expected = Samples.Digest('9') };
        var text = new TicketText(report with { Images = [], Findings = [page] }).ToString();
        Assert.That(text, Does.Contain($"\"$R/manifests/{Samples.Digest('9')}\"").And.Not.Contain("/blobs/"));
    }

    [Test]
    public void Speaks_to_a_registry_on_loopback_without_tls()
    {
        var text = new TicketText(Causes.OfLoopback(Culprit.Registry, FetchWay.Plain, FetchWay.Direct, FetchWay.Ipv4)).ToString();
        Assert.That(text, Does.Contain("R='http://127.0.0.1:5000/v2/kelvin'"));
        Assert.That(text, Does.Contain("skopeo inspect --raw --tls-verify=false"));
        Assert.That(text, Does.Contain("copy --src-tls-verify=false"));
        Assert.That(text, Does.Contain("--noproxy '*'").And.Contain(" -4 \"$R"));
        Assert.That(text, Does.Not.Contain(" -6 "));
    }

    [Test]
    public void Gets_a_token_of_nobody_from_docker_hub()
    {
        var report = Samples.Unknown with { Findings = [new(FindingCode.RegistryThrottled, Verdict.Unknown, "postgres:15", Source.Registry, "too many requests")] };
        var text = new TicketText(report).ToString();
        Assert.That(text, Does.Contain("R='https://registry-1.docker.io/v2/library/postgres'"));
        Assert.That(text, Does.Contain("\"$R/manifests/15\""));
        Assert.That(text, Does.Not.Contain("-u \"$USER"));
    }

    [Test]
    public void Asks_for_an_image_of_a_tag_and_a_digest_by_the_digest()
    {
        var name = $"127.0.0.1:5000/kelvin:2.0.0@{Samples.Digest('1')}";
        var report = Samples.Unknown with { Findings = [new(FindingCode.ManifestAltered, Verdict.Fail, name, Source.Registry, "other bytes")] };
        var text = new TicketText(report).ToString();
        Assert.That(text, Does.Contain($"/manifests/{Samples.Digest('1')}\""));
        Assert.That(text, Does.Contain($"'docker://127.0.0.1:5000/kelvin@{Samples.Digest('1')}'"));
    }

    [Test]
    public void Takes_the_blob_from_the_engines_own_sentence()
    {
        var report = Causes.OfLoopback(Culprit.Engine, FetchWay.Plain);
        var pull = new Finding(FindingCode.PullRefused, Verdict.Fail, Causes.Local, Source.Engine, $"This image was not pulled: filesystem layer verification failed for digest {Samples.Digest('5')}")
        { Cause = report.Findings[0].Cause };
        Assert.That(new TicketText(report with { Findings = [pull] }).ToString(), Does.Contain("layer 1 of 1, 1,000,000 bytes promised").And.Contain($"D='{Samples.Digest('5')}'"));
    }

    [Test]
    public void Tells_a_blob_that_spoils_two_images_once()
    {
        var rotten = Causes.RottenBlob;
        var text = new TicketText(rotten with { Findings = [.. rotten.Findings, rotten.Findings[1] with { Subject = $"{Samples.Image3} {Samples.Digest('5')}" }] }).ToString();
        Assert.That(text.Split("layer-altered"), Has.Length.EqualTo(2));
    }

    [Test]
    public void Ends_however_many_findings_there_are()
    {
        var many = Enumerable.Range(0, 300).Select(i => Causes.RottenBlob.Findings[1] with { Subject = $"{Samples.Image2[..^5]}{i} sha256:{i:x64}" });
        Assert.That(new TicketText(Causes.RottenBlob with { Findings = [.. many] }).ToString(), Does.EndWith($"280 more findings are in app-preflight report {Causes.RottenBlob.Run}\n"));
    }

    [Test]
    public void Tells_no_secret_wherever_one_stands()
    {
        var text = new TicketText(Secretive()).ToString();
        Assert.That(text, Does.Contain("layer-altered").And.Contain("registry.example.org"));
        Assert.That(text, Does.Not.Contain("hunter2"));
    }

    [TestCase("realm is Bearer realm=\"https://auth.docker.io/token\",service=\"registry.docker.io\"")]
    [TestCase("filesystem layer verification failed for digest sha256:aaaa")]
    [TestCase("127.0.0.1:5000/kelvin:2.0.0@sha256:0123 was not pulled")]
    [TestCase("check the licence (univention-app info) or root's docker login for this registry")]
    [TestCase("https://registry.example.org:5000/v2/kelvin/blobs/sha256:ab gave 500")]
    [TestCase("the first half alone has the promised digest: doubled?")]
    public void Leaves_what_is_no_secret(string text) => Assert.That(Redaction.Of(text), Is.EqualTo(text));

    [TestCase("aaaa")]
    [TestCase("a-a-")]
    [TestCase("a:a:")]
    [TestCase("://a@")]
    [TestCase("?a=/")]
    public void Ends_however_long_a_text_is(string part)
    {
        var watch = Stopwatch.StartNew();
        var text = Redaction.Of(string.Concat(Enumerable.Repeat(part, 1_000_000)));
        Assert.That(text, Has.Length.LessThan(2100));
        Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(5)));
    }

    [Test]
    public void Cuts_no_secret_in_two()
    {
        for (var length = 1950; length < 2010; length++)
            Assert.That(Redaction.Of(new string('x', length / 2) + ' ' + new string('y', length / 2) + " https://admin:hunter2@host/ password=hunter2"), Does.Not.Contain("hunt"));
    }

    [TestCase("kelvin'; touch /tmp/owned; '")]
    [TestCase("$(reboot)/x:1")]
    [TestCase("user:hunter2@registry.example.org/kelvin:2")]
    [TestCase("`reboot`")]
    [TestCase("")]
    public void Gives_no_command_for_a_name_that_is_no_reference(string name)
    {
        var report = Samples.Unknown with { Findings = [new(FindingCode.RegistryUnreachable, Verdict.Unknown, name, Source.Registry, "away")] };
        var text = new TicketText(report).ToString();
        Assert.That(text, Does.Contain("No command can be given"));
        Assert.That(text, Does.Not.Contain("curl"));
        Assert.That(text, Does.Not.Contain("hunter2"));
    }

    [Test]
    public void Gives_commands_that_a_shell_can_read()
    {
        foreach (var report in new[] { Causes.RottenBlob, Causes.OfLoopback(Culprit.Registry, Enum.GetValues<FetchWay>()), Samples.Unknown with { Findings = [new(FindingCode.RegistryThrottled, Verdict.Unknown, "postgres:15", Source.Registry, "too many")] } })
        {
            var script = CommandsOf(report);
            Assert.That(script, Does.Contain("curl"));
            Assert.That(Bash("-n", script).Error, Is.Empty, script);
        }
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task Gives_commands_that_bring_the_same_wrong_bytes_with_a_token_too(bool wantsToken)
    {
        var rotten = Enumerable.Range(0, 100_000).Select(i => (byte)(i * 7)).ToArray();
        await using var server = FakeServer.Start(request => Answer(request, rotten, wantsToken));
        var name = $"{server.Authority}/a/kelvin:2";
        var report = Causes.RottenBlob with
        {
            Images = [new(name, ["2"], new(Samples.Digest('1'), Samples.Digest('a'), "linux/amd64", [new(Samples.Digest('5'), Samples.Digest('d'), rotten.Length)]), null)],
            Findings = [Causes.RottenBlob.Findings[1] with { Subject = $"{name} {Samples.Digest('5')}", Cause = Causes.Rotten with { Fetches = [] } }],
        };
        var script = CommandsOf(report).Split("\n  I='docker://")[0];
        if (wantsToken) script = script.Replace("\n  #   ", "\n  ", StringComparison.Ordinal);
        var folder = Directory.CreateTempSubdirectory("app-preflight-ticket-").FullName;
        try
        {
            var (output, error) = await RunAsync(script, folder);
            var wrong = Digest.Of(rotten).Hex;
            Assert.That(error, Is.Empty);
            Assert.That(output, Does.Contain($"100000\n{wrong}  blob\n{wrong}  -\n"), script);
            Assert.That(server.Requests.Where(request => request.Path.Contains("/blobs/") && request.Headers.ContainsKey("Range")), Has.Exactly(8 + 1).Items);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static FakeReply Answer(FakeRequest request, byte[] blob, bool wantsToken)
    {
        var authority = request.Headers["Host"];
        if (request.Path.StartsWith("/token?", StringComparison.Ordinal))
        {
            var isKnown = request.Authorization == "Basic " + Convert.ToBase64String("me:mine"u8) && request.Path.EndsWith("?service=the%20registry&scope=repository:a/kelvin:pull", StringComparison.Ordinal);
            return FakeReply.Text(isKnown ? 200 : 403, "{\"expires_in\":300,\"token\":\"abc.def\",\"access_token\":\"abc.def\"}");
        }

        if (wantsToken && request.Authorization != "Bearer abc.def")
            return FakeReply.Text(401, "{}").With("WWW-Authenticate", $"Bearer realm=\"http://{authority}/token\",service=\"the registry\"");
        if (!request.Path.EndsWith($"/v2/a/kelvin/blobs/{Samples.Digest('5')}", StringComparison.Ordinal)) return FakeReply.Text(404, "{}");
        if (!request.Headers.TryGetValue("Range", out var range)) return new(200, blob);
        var ends = range["bytes=".Length..].Split('-').Select(int.Parse).ToArray();
        return new(206, blob[ends[0]..Math.Min(blob.Length, ends[1] + 1)]);
    }

    private static async Task<(string Output, string Error)> RunAsync(string script, string folder)
    {
        var start = new ProcessStartInfo("bash", ["-c", script]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder, UseShellExecute = false };
        (start.Environment["USER"], start.Environment["PASSWORD"], start.Environment["no_proxy"]) = ("me", "mine", "*");
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (output, await error);
    }

    private static string CommandsOf(PreflightReport report) =>
        string.Join('\n', new TicketText(report).ToString().Split('\n').SkipWhile(line => !line.Contains("To see the same")).Skip(1).TakeWhile(line => line.Length > 0));

    private static (int Code, string Error) Bash(string option, string script)
    {
        using var process = Process.Start(new ProcessStartInfo("bash", [option, "-c", script]) { RedirectStandardError = true, UseShellExecute = false })!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, error);
    }

    /// <summary>hunter2 is the secret, in every place and form in which one may come.</summary>
    private static PreflightReport Secretive()
    {
        const string address = "https://admin:hunter2@registry.example.org/v2/x?X-Amz-Signature=hunter2&X-Amz-Credential=hunter2";
        const string all = $"{address} admin:hunter2@proxy:3128 Authorization: Bearer hunter2hunter2 basic aHVudGVyMg==hunter2 password=hunter2 \"token\": \"hunter2\" x-api-key: hunter2 eyJhbGciOiJ9.hunter2.hunter2 /v2/x?sig=hunter2";
        return Causes.RottenBlob with
        {
            Notes = [all],
            Findings =
            [
                new(FindingCode.LayerAltered, Verdict.Fail, $"registry.example.org/kelvin:2 {Samples.Digest('5')}", Source.Registry, all)
                {
                    Expected = all,
                    Observed = all,
                    Remedy = all,
                    Cause = new(Culprit.Transport, Confidence.Proven, all)
                    {
                        Evidence = [all, address],
                        Difference = new(0, 1, DifferenceShape.Tail) { Sentence = all },
                        Fetches =
                        [
                            new(FetchWay.Plain, "admin:hunter2@registry.example.org")
                            {
                                Answered = address,
                                Status = 200,
                                Digest = Digest.Parse(Samples.Digest('7')),
                                SizeBytes = 7,
                                Headers = [new("Set-Cookie", "id=hunter2"), new("X-Secret", "hunter2"), new("Authorization", "hunter2"), new("Location", address), new("Content-Type", all), new("WWW-Authenticate", "Basic hunter2hunter2")],
                                Fingerprint = new(FingerprintKind.Html, all, false),
                            },
                            new(FetchWay.Mirror, "admin:hunter2@mirror") { Fault = new(Source.Registry, Fault.Unreachable, all) },
                        ],
                    },
                },
                new(FindingCode.RegistryDenied, Verdict.Unknown, "https://admin:hunter2@registry.example.org/x", Source.Registry, all),
                new(FindingCode.RegistryUnreachable, Verdict.Unknown, address, Source.Transport, all),
            ],
        };
    }
}
