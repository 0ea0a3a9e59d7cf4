using AppPreflight.Images;
using AppPreflight.Oci;
using NUnit.Framework;
using static AppPreflight.Values;

namespace AppPreflight.Checks;

internal sealed class CauseCourtTests
{
    private const string Registry = "registry.example.org";
    private static readonly Digest Promised = DigestOf("layer");
    private static readonly Digest Rotten = DigestOf("rot");
    private static readonly BlobPromise Promise = new(ImagePart.Layer, Promised, 1000, Diff("layer"));

    [Test]
    public void Blames_the_registry_for_the_same_wrong_bytes_by_every_way()
    {
        var judged = Judge(Wrong(FetchWay.Plain), Wrong(FetchWay.Again), Wrong(FetchWay.Ranges));
        Assert.That(Ruling(judged), Is.EqualTo((FindingCode.LayerAltered, Culprit.Registry, Confidence.Proven)));
        Assert.That(judged.Cause!.Sentence, Does.StartWith($"{Registry} has a rotten copy: the same wrong bytes 3 times by 2 ways.").And.Contain("pushing the same image again does not replace"));
        Assert.That(judged.Remedy, Does.Contain("app-preflight report --ticket"));
        Assert.That(judged.Cause.Fetches, Has.Count.EqualTo(3));
    }

    [TestCase(1, Confidence.Possible)]
    [TestCase(2, Confidence.Likely)]
    public void Is_less_sure_of_a_registry_asked_by_one_way_only(int times, Confidence confidence)
    {
        BlobFetch[] fetches = [Wrong(FetchWay.Plain), Wrong(FetchWay.Again)];
        Assert.That(Ruling(Judge(fetches[..times])), Is.EqualTo((FindingCode.LayerAltered, Culprit.Registry, confidence)));
    }

    [TestCase(FetchWay.Direct, "past the proxy", Confidence.Proven)]
    [TestCase(FetchWay.Ranges, "in pieces", Confidence.Proven)]
    [TestCase(FetchWay.Ipv6, "over IPv6", Confidence.Likely)]
    public void Blames_the_way_by_which_alone_wrong_bytes_come(FetchWay good, string manner, Confidence confidence)
    {
        var judged = Judge(Wrong(FetchWay.Plain), Wrong(FetchWay.Again), Right(good));
        Assert.That(Ruling(judged), Is.EqualTo((FindingCode.BlobReplacedInTransit, Culprit.Transport, confidence)));
        Assert.That(judged.Source, Is.EqualTo(Source.Transport));
        Assert.That(judged.Cause!.Sentence, Is.EqualTo($"The right bytes come {manner}, and other ones by the engine's way: something on that way replaces them"));
    }

    [Test]
    public void Names_the_mirror_that_is_wrong()
    {
        var judged = Judge(Right(FetchWay.Plain), Right(FetchWay.Again), Wrong(FetchWay.Mirror) with { Asked = "mirror.example.net" });
        Assert.That(Ruling(judged), Is.EqualTo((FindingCode.BlobReplacedInTransit, Culprit.Transport, Confidence.Proven)));
        Assert.That(judged.Cause!.Sentence, Is.EqualTo($"The mirror mirror.example.net serves other bytes than {Registry}, which has the right ones"));
    }

    [TestCase(FingerprintKind.Html, false, Confidence.Likely)]
    [TestCase(FingerprintKind.Xml, false, Confidence.Likely)]
    [TestCase(FingerprintKind.Json, false, Confidence.Likely)]
    [TestCase(FingerprintKind.Gunzipped, true, Confidence.Proven)]
    [TestCase(FingerprintKind.Gunzipped, false, Confidence.Likely)]
    [TestCase(FingerprintKind.GzippedTwice, true, Confidence.Proven)]
    [TestCase(FingerprintKind.Empty, true, Confidence.Possible)]
    public void Blames_the_way_for_what_no_registry_holds(FingerprintKind print, bool isProven, Confidence confidence)
    {
        BlobFetch One(FetchWay way) => Wrong(way) with { Fingerprint = new(print, "so", isProven) };
        var judged = Judge(One(FetchWay.Plain), One(FetchWay.Again), One(FetchWay.Ranges));
        Assert.That(Ruling(judged), Is.EqualTo((FindingCode.BlobReplacedInTransit, Culprit.Transport, confidence)));
        Assert.That(judged.Cause!.Fingerprint, Is.EqualTo(print));
    }

    // a page carries a time or a number of its own
    [Test]
    public void A_page_that_is_another_one_each_time_is_still_a_page()
    {
        BlobFetch Page(string text) => Wrong(FetchWay.Plain) with { Digest = DigestOf(text), Fingerprint = new(FingerprintKind.Html, "so", false) };
        Assert.That(Ruling(Judge(Page("10:01"), Page("10:02"))).Culprit, Is.EqualTo(Culprit.Transport));
    }

    [Test]
    public void A_page_in_two_versions_is_the_ways_where_right_bytes_come_past_it()
    {
        BlobFetch Page(FetchWay way) => Wrong(way) with { Digest = DigestOf($"{way}"), Fingerprint = new(FingerprintKind.Html, "so", false) };
        Assert.That(Ruling(Judge(Page(FetchWay.Plain), Page(FetchWay.Again), Right(FetchWay.Direct))), Is.EqualTo((FindingCode.BlobReplacedInTransit, Culprit.Transport, Confidence.Proven)));
    }

    [Test]
    public void Compares_no_bodies_that_were_not_read_to_their_end()
    {
        BlobFetch Long(FetchWay way, long size) => Wrong(way) with { IsLonger = true, SizeBytes = size, Digest = DigestOf($"{size}") };
        Assert.That(Ruling(Judge(Long(FetchWay.Plain, 4000), Long(FetchWay.Again, 3000), Long(FetchWay.Ranges, 2000))).Culprit, Is.EqualTo(Culprit.Registry));
        var tar = new Fingerprint(FingerprintKind.Gunzipped, "so", true);
        Assert.That(Ruling(Judge(Long(FetchWay.Plain, 4000) with { Fingerprint = tar }, Long(FetchWay.Again, 3000))).Culprit, Is.EqualTo(Culprit.Transport));
    }

    [Test]
    public void Is_less_sure_of_the_registry_where_a_cache_may_have_answered()
    {
        var unreachable = new BlobFetch(FetchWay.Direct, Registry) { Fault = new(Source.Registry, Fault.Unreachable, "the connection is refused") };
        var behind = Judge(Wrong(FetchWay.Plain), Wrong(FetchWay.Again), Wrong(FetchWay.Ranges), unreachable);
        Assert.That(Ruling(behind), Is.EqualTo((FindingCode.LayerAltered, Culprit.Registry, Confidence.Likely)));
        Assert.That(behind.Cause!.Sentence, Does.Contain("or the cache on the way to it"));
        Assert.That(Ruling(Judge(Wrong(FetchWay.Plain) with { Headers = [new("Age", "12")] }, Wrong(FetchWay.Ranges))).Confidence, Is.EqualTo(Confidence.Likely));
    }

    [Test]
    public void Blames_the_registry_where_only_a_mirror_has_the_right_bytes() =>
        Assert.That(Ruling(Judge(Wrong(FetchWay.Plain), Wrong(FetchWay.Ranges), Right(FetchWay.Mirror) with { Asked = "mirror.example.net" })), Is.EqualTo((FindingCode.LayerAltered, Culprit.Registry, Confidence.Proven)));

    [TestCase(FindingCode.RegistryUnreachable, Verdict.Unknown)]
    [TestCase(FindingCode.SizeDiffers, Verdict.Fail)]
    public void Accuses_nobody_where_no_wrong_byte_was_seen(FindingCode code, Verdict verdict)
    {
        var finding = Finding() with { Code = code, Verdict = verdict, Observed = "1001" };
        Assert.That(CauseCourt.Judge(new(finding, new(Promise, [Right(FetchWay.Plain), Right(FetchWay.Again)]))), Is.EqualTo(finding));
    }

    [Test]
    public void Tells_nobody_elsewhere_of_this_hosts_hardware()
    {
        var sign = new HostSign(HostSignKind.Network, "/sys/class/net/eth0", "the link went down");
        Assert.That(CauseCourt.Judge(Case(Wrong(FetchWay.Plain), Wrong(FetchWay.Ranges)) with { Signs = [sign] }).Cause!.Evidence, Has.None.Contain("the link went down"));
    }

    [TestCase(FingerprintKind.Doubled)]
    [TestCase(FingerprintKind.FlippedBit)]
    [TestCase(FingerprintKind.ZeroedPage)]
    [TestCase(FingerprintKind.Surplus)]
    public void Blames_the_registry_for_what_rots_where_it_lies(FingerprintKind print)
    {
        BlobFetch One(FetchWay way) => Wrong(way) with { Fingerprint = new(print, "so", true) };
        Assert.That(Ruling(Judge(One(FetchWay.Plain), One(FetchWay.Ranges))), Is.EqualTo((FindingCode.LayerAltered, Culprit.Registry, Confidence.Proven)));
    }

    [Test]
    public void Calls_unstable_what_is_another_each_time()
    {
        var judged = Judge(Wrong(FetchWay.Plain), Wrong(FetchWay.Again) with { Digest = DigestOf("other rot") });
        Assert.That(Ruling(judged), Is.EqualTo((FindingCode.BlobUnstable, Culprit.Unstable, Confidence.Proven)));
    }

    [Test]
    public void Calls_unstable_what_is_right_and_wrong_by_the_same_way() =>
        Assert.That(Ruling(Judge(Wrong(FetchWay.Plain), Right(FetchWay.Again), Right(FetchWay.Ranges))), Is.EqualTo((FindingCode.BlobUnstable, Culprit.Unstable, Confidence.Proven)));

    [Test]
    public void Counts_what_was_seen_at_first()
    {
        var judged = CauseCourt.Judge(Case(Wrong(FetchWay.Plain), Wrong(FetchWay.Again)) with { FirstSeen = DigestOf("another rot") });
        Assert.That(Ruling(judged).Culprit, Is.EqualTo(Culprit.Unstable));
    }

    [Test]
    public void Calls_unstable_what_was_wrong_once_and_never_again()
    {
        var judged = Judge(Right(FetchWay.Plain), Right(FetchWay.Again));
        Assert.That(Ruling(judged), Is.EqualTo((FindingCode.BlobUnstable, Culprit.Unstable, Confidence.Likely)));
        Assert.That(judged.Verdict, Is.EqualTo(Verdict.Fail), "the layer has not been proved in this run");
    }

    [Test]
    public void Sends_nobody_to_the_registry_while_the_kernel_reports_memory_errors()
    {
        var sign = new HostSign(HostSignKind.Memory, "/sys/devices/system/edac/mc/mc0/ue_count", "memory controller mc0 found 3 errors");
        var judged = CauseCourt.Judge(Case(Wrong(FetchWay.Plain), Right(FetchWay.Again)) with { Signs = [sign] });
        Assert.That(judged.Remedy, Does.Contain("test this host's memory"));
        Assert.That(judged.Cause!.Evidence[^1], Is.EqualTo($"{sign.Sentence} ({sign.Where})"));
    }

    [Test]
    public void Tells_a_cut_at_a_constant_byte()
    {
        var judged = Judge(Cut(FetchWay.Plain, 512, 0.1), Cut(FetchWay.Again, 512, 3));
        Assert.That(Ruling(judged), Is.EqualTo((FindingCode.LayerAltered, Culprit.Cut, Confidence.Likely)));
        Assert.That(judged.Cause!.Sentence, Is.EqualTo($"Each answer of {Registry} breaks off after 512 bytes of 1000: a limit of a proxy or gateway on the way"));
    }

    [Test]
    public void Tells_a_cut_after_a_constant_time() =>
        Assert.That(Judge(Cut(FetchWay.Plain, 500, 30), Cut(FetchWay.Again, 800, 30.4)).Cause!.Sentence, Does.Contain("after about 30 s: a time limit"));

    [Test]
    public void Tells_a_line_that_does_not_hold() =>
        Assert.That(Judge(Cut(FetchWay.Plain, 500, 3), Cut(FetchWay.Again, 800, 31)).Cause!.Sentence, Does.Contain("each somewhere else"));

    [Test]
    public void Tells_a_copy_that_ends_too_early_from_a_connection_that_does()
    {
        BlobFetch Short(FetchWay way) => Wrong(way) with { SizeBytes = 700, Fingerprint = new(FingerprintKind.Truncated, "700 of 1000 bytes", false) };
        var judged = Judge(Short(FetchWay.Plain), Short(FetchWay.Again));
        Assert.That(Ruling(judged), Is.EqualTo((FindingCode.LayerAltered, Culprit.Cut, Confidence.Likely)));
        Assert.That(judged.Cause!.Sentence, Does.Contain("ends after 700 bytes of 1000"));
    }

    [Test]
    public void Blames_the_engines_way_when_only_the_engine_gets_it_wrong()
    {
        var said = $"the engine could not pull x: filesystem layer verification failed for digest {Promised}";
        var refusal = new Finding(FindingCode.PullRefused, Verdict.Fail, Name, Source.Engine, said);
        var judged = CauseCourt.Judge(new(refusal, new(Promise, [Right(FetchWay.Plain), Right(FetchWay.Again)])) { EngineSaid = said });
        Assert.That(Ruling(judged), Is.EqualTo((FindingCode.PullRefused, Culprit.Engine, Confidence.Likely)));
        Assert.That(judged.Cause!.Evidence[0], Does.Contain("filesystem layer verification failed"));
        Assert.That(judged.Cause.Evidence[1], Does.Contain("the local store is not involved"));
    }

    [Test]
    public void Says_nothing_where_no_fetch_brought_a_body()
    {
        var refused = new BlobFetch(FetchWay.Plain, Registry) { Fault = new(Source.Registry, Fault.Unreachable, "the connection is refused") };
        Assert.That(Judge(refused), Is.EqualTo(Finding()));
    }

    [Test]
    public void Tells_who_shares_the_blob_what_was_not_tried_and_where_the_bytes_part()
    {
        var one = Case(Wrong(FetchWay.Plain), Right(FetchWay.Ranges)) with { SharedBy = ["example.org/kelvin:release3.1.1"] };
        one = one with { Retrace = one.Retrace with { Skipped = ["no mirror answers"], Difference = new(4711, 1, DifferenceShape.Bit) { Sentence = "one bit of byte 4711" } } };
        Assert.That(CauseCourt.Judge(one).Cause!.Evidence, Is.EqualTo(new[]
        {
            $"by the engine's way, {Registry}, status 200: 1000 bytes, {Rotten}",
            $"in pieces, {Registry}, status 200: the promised 1000 bytes",
            "held against right bytes: one bit of byte 4711",
            "the same blob belongs to example.org/kelvin:release3.1.1",
            "no mirror answers",
        }));
    }

    [Test]
    public void Blames_the_publisher_for_a_size_that_right_bytes_do_not_have()
    {
        var judged = CauseCourt.Judge(Case(Right(FetchWay.Plain) with { SizeBytes = 900 }, Right(FetchWay.Again) with { SizeBytes = 900 }, Cut(FetchWay.Ranges, 900, 0.1)) with { Finding = Size() });
        Assert.That(Ruling(judged), Is.EqualTo((FindingCode.SizeDiffers, Culprit.Publisher, Confidence.Proven)));
        Assert.That(judged.Cause!.Sentence, Does.Contain("900 of them").And.Contain("1000"));
    }

    [Test]
    public void Leaves_the_size_a_finding_of_its_own_beside_the_replaced_blob()
    {
        BlobFetch[] fetches = [Wrong(FetchWay.Plain), Right(FetchWay.Direct)];
        Assert.That(Ruling(Judge(fetches)).Code, Is.EqualTo(FindingCode.BlobReplacedInTransit));
        Assert.That(Ruling(CauseCourt.Judge(Case(fetches) with { Finding = Size() })), Is.EqualTo((FindingCode.SizeDiffers, Culprit.Transport, Confidence.Proven)));
    }

    private static Finding Size() => Finding() with { Code = FindingCode.SizeDiffers, Expected = "1000", Observed = "900" };

    private static Finding Judge(params BlobFetch[] fetches) => CauseCourt.Judge(Case(fetches));

    private static CourtCase Case(params BlobFetch[] fetches) => new(Finding(), new(Promise, fetches));

    private static Finding Finding() => new(FindingCode.LayerAltered, Verdict.Fail, $"{Name} {Promised}", Source.Registry, "wrong bytes") { Observed = $"{Rotten}" };

    private static (FindingCode Code, Culprit? Culprit, Confidence? Confidence) Ruling(Finding finding) =>
        (finding.Code, finding.Cause?.Culprit, finding.Cause?.Confidence);

    private static BlobFetch Right(FetchWay way) => new(way, Registry) { Status = 200, SizeBytes = 1000, Digest = Promised };

    private static BlobFetch Wrong(FetchWay way) => new(way, Registry) { Status = 200, SizeBytes = 1000, Digest = Rotten };

    private static BlobFetch Cut(FetchWay way, long size, double seconds) =>
        new(way, Registry) { Status = 200, SizeBytes = size, Digest = DigestOf($"{size}"), WasCut = true, Elapsed = TimeSpan.FromSeconds(seconds) };
}
