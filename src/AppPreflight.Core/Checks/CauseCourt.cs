using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.Checks;

/// <summary>
/// Says who is to blame for bytes that do not match their digest: what all fetches brought is held against each other and against the promise.
/// </summary>
/// <remarks>
/// The same wrong bytes by every way are what the registry holds. Right ones by one way and wrong ones by another are the work of what lies on
/// that way. Other ones each time are a fault of memory, of a line, or of one of several backends. And when only the engine gets them wrong, it
/// is the engine's own way. (docs/findings.md, "Why it does not match"; moby distribution/pull_v2.go for what the engine's sentences prove.)
/// </remarks>
public static class CauseCourt
{
    /// <returns>The finding with its cause, and with the code, source and next step that follow from it; unchanged where no fetch brought a body.</returns>
    public static Finding Judge(CourtCase one) => Cause(one) is { } cause
        ? Rule(one, cause with { Evidence = [.. CourtEvidence.Of(one), .. Signs(one, cause)], Fetches = one.Retrace.Fetches, Difference = one.Retrace.Difference })
        : one.Finding;

    private static Cause? Cause(CourtCase one) => Missized(one) ?? (one.Right.Count, one.Wrong.Count, one.Cut.Count) switch
    {
        (0, 0, 0) => null,
        ( > 0, 0, 0) => AllRight(one),
        (_, 0, _) => Broken(one),
        ( > 0, _, _) => SomeRight(one),
        _ => NoneRight(one),
    };

    private static Cause? AllRight(CourtCase one) => one.EngineSaid is not null
        ? new(Culprit.Engine, one.Right.Count > 1 ? Confidence.Likely : Confidence.Possible,
            $"The engine got other bytes than this program, which got the right ones {FetchWords.Times(one.Right)}: its own proxy or mirrors, or this host's memory")
        // a registry that did not answer, or named another size, has shown no wrong byte
        : one.FirstSeen is not null || one.Finding.Code == FindingCode.LayerAltered
            ? new(Culprit.Unstable, Confidence.Likely, $"The bytes were wrong once, and right {FetchWords.Times(one.Right)} just after: a fault that comes and goes")
            : null;

    // a digest vouches for its bytes, and nobody for the size beside it
    private static Cause? Missized(CourtCase one) => one.EngineSaid is null && one.Promise.SizeBytes is { } size && one.Right.FirstOrDefault(fetch => fetch.SizeBytes != size) is { } whole
        ? new(Culprit.Publisher, Confidence.Proven,
            $"The bytes are the ones that their digest names, {whole.SizeBytes} of them; that they are {size} is what the manifest says, which was put together wrongly")
        : null;

    // right by one way and wrong by another; on the very same way it is no question of the way
    private static Cause SomeRight(CourtCase one)
    {
        var (right, wrong) = (one.Right[0], one.Wrong[0]);
        if (Ways(one.Right).Overlaps(Ways(one.Wrong)) || (Contents(one) > 1 && !IsPage(Print(one))))
        {
            return new(Culprit.Unstable, Confidence.Proven,
                $"{one.Right.Count} of {one.Retrace.Fetches.Count} fetches brought the right bytes, the others did not: memory, network card or line of this host, a proxy, or one of several backends of {right.Asked}");
        }

        if (one.Right.All(fetch => fetch.Way == FetchWay.Mirror) && wrong.Way != FetchWay.Mirror) return Rotten(one) with { Fingerprint = Print(one)?.Kind };
        // one name may stand for different machines by family
        var isByFamily = right.Way is FetchWay.Ipv4 or FetchWay.Ipv6;
        return new(Culprit.Transport, isByFamily ? Confidence.Likely : Confidence.Proven, wrong.Way == FetchWay.Mirror
            ? $"The mirror {wrong.Asked} serves other bytes than {right.Asked}, which has the right ones"
            : $"The right bytes come {right.Manner}, and other ones {wrong.Manner}: something on that way replaces them")
        { Fingerprint = Print(one)?.Kind };
    }

    private static Cause NoneRight(CourtCase one)
    {
        var print = Print(one);
        var isPage = IsPage(print);
        if (Contents(one) > 1 && !isPage)
        {
            return new(Culprit.Unstable, Confidence.Proven,
                $"{one.Wrong.Count} fetches brought {Contents(one)} different contents, none of them the promised one: memory, network card or line of this host, a proxy, or several rotten backends");
        }

        var who = one.Wrong[0].Who;
        var cause = print?.Kind switch
        {
            _ when isPage => new Cause(Culprit.Transport, Confidence.Likely,
                $"{who} answers with a page in place of the blob: a portal, a proxy's block page, or a gateway in front of the storage"),
            FingerprintKind.Gunzipped => new(Culprit.Transport, Confidence.Likely, $"The right content comes from {who} unpacked: a proxy or a storage on the way changes its coding"),
            FingerprintKind.GzippedTwice => new(Culprit.Transport, Confidence.Likely, $"The right content comes from {who} packed once more: a proxy or a storage on the way changes its coding"),
            FingerprintKind.Empty => new(Culprit.Transport, Confidence.Possible, $"{who} answers with success and without a byte: a gateway, or the storage behind the registry, has nothing to give"),
            FingerprintKind.Truncated => Shortened(one),
            _ => Rotten(one),
        };
        // undoing the change gave the promised digest: no guess any more
        return cause with { Fingerprint = print?.Kind, Confidence = cause.Culprit == Culprit.Transport && print?.IsProven == true && print.Kind != FingerprintKind.Empty ? Confidence.Proven : cause.Confidence };
    }

    private static Cause Rotten(CourtCase one)
    {
        var ways = Ways(one.Wrong).Count;
        var isCached = IsBehindCache(one);
        var what = one.Wrong.All(fetch => fetch.IsLonger) ? "more bytes than promised" : "the same wrong bytes";
        return new(Culprit.Registry, ways > 1 && !isCached ? Confidence.Proven : one.Wrong.Count > 1 ? Confidence.Likely : Confidence.Possible,
            $"{one.Wrong[0].Who}{(isCached ? ", or the cache on the way to it," : "")} has a rotten copy: {what} {FetchWords.Times(one.Wrong)}. Every other host that pulls it{(isCached ? " that way" : "")} fails as well; pushing the same image again does not replace the copy there, and removing anything here is useless");
    }

    private static Cause Shortened(CourtCase one) => new(Culprit.Cut, one.Wrong.Count > 1 ? Confidence.Likely : Confidence.Possible,
        $"Each answer of {one.Wrong[0].Who} ends after {one.Wrong[0].SizeBytes} bytes{OfPromise(one)}: the copy is cut where it lies, or a gateway ends each answer there");

    // nothing wrong came to its end
    private static Cause Broken(CourtCase one)
    {
        var (cut, first) = (one.Cut, one.Cut[0]);
        var seconds = cut.Select(fetch => fetch.Elapsed.TotalSeconds).ToList();
        var sentence = cut.Count == 1 || one.Right.Count > 0 ? $"{cut.Count} of {one.Retrace.Fetches.Count} answers of {first.Who} broke off before their end"
            : cut.All(fetch => fetch.SizeBytes == first.SizeBytes) ? $"Each answer of {first.Who} breaks off after {first.SizeBytes} bytes{OfPromise(one)}: a limit of a proxy or gateway on the way"
            : seconds.Min() > 1 && seconds.Max() < seconds.Min() * 1.2 ? $"Each answer of {first.Who} breaks off after about {seconds.Average():0} s: a time limit of a proxy or gateway on the way"
            : $"All {cut.Count} answers of {first.Who} broke off, each somewhere else: a line that does not hold";
        return new(Culprit.Cut, cut.Count > 1 ? Confidence.Likely : Confidence.Possible, sentence) { Fingerprint = FingerprintKind.Truncated };
    }

    private static Finding Rule(CourtCase one, Cause cause)
    {
        var finding = one.Finding with { Cause = cause, Remedy = Remedy(one, cause.Culprit) ?? one.Finding.Remedy };
        // what the engine refused stays its refusal
        if (one.EngineSaid is not null) return finding;
        return cause.Culprit switch
        {
            // two facts about one blob stay two findings
            _ when finding.Code == FindingCode.SizeDiffers => finding,
            Culprit.Transport => finding with { Code = FindingCode.BlobReplacedInTransit, Source = Source.Transport, Verdict = Verdict.Fail },
            Culprit.Unstable => finding with { Code = FindingCode.BlobUnstable, Source = Source.Transport, Verdict = Verdict.Fail },
            _ => finding,
        };
    }

    private static string? Remedy(CourtCase one, Culprit culprit) => culprit switch
    {
        Culprit.Registry => $"nothing on this host can heal it: the registry's operator has to delete the blob there before it is pushed again; {Ticket} has what they need",
        Culprit.Transport => $"look at proxies, mirrors and TLS inspection between this host and the registry; {Ticket} has what their operator needs",
        Culprit.Unstable when one.Signs.Any(sign => sign.Kind == HostSignKind.Memory) => "the kernel reports memory errors: test this host's memory before anything else (memtest86+)",
        Culprit.Unstable => "run again; if it comes back, test this host's memory (memtest86+), its network card and line, then each backend of the registry",
        Culprit.Cut => $"look for limits of size and time in proxies and gateways between this host and the registry; {Ticket} has what their operator needs",
        Culprit.Engine => "docker info (its proxy and mirrors), systemctl show -p Environment docker; then app-preflight repair",
        _ => null,
    };

    private const string Ticket = "app-preflight report --ticket";

    // this host's own hardware is a question where the bytes come different, and nobody else's business where they do not
    private static IEnumerable<string> Signs(CourtCase one, Cause cause) => cause.Culprit is Culprit.Unstable or Culprit.Engine
        ? one.Signs.Select(sign => $"{sign.Sentence} ({sign.Where})") : [];

    private static bool IsPage(Fingerprint? print) => print?.Kind is FingerprintKind.Html or FingerprintKind.Xml or FingerprintKind.Json;

    // all that came may have come from there, pieces too; past it nothing came
    private static bool IsBehindCache(CourtCase one) => one.Retrace.Fetches.Any(fetch => fetch is { Way: FetchWay.Direct, Digest: null })
        || one.Wrong.Any(fetch => fetch.Headers.Any(header => header.Name is "Age" or "Via" or "X-Cache"));

    // one that was not read to its end was cut where the budget wanted it: it has no digest to be compared
    private static int Contents(CourtCase one) => one.Wrong.Where(fetch => !fetch.IsLonger).Select(fetch => fetch.Digest).Append(one.FirstSeen).OfType<Digest>().Distinct().Count();

    private static Fingerprint? Print(CourtCase one) =>
        one.Wrong.Select(fetch => fetch.Fingerprint).OfType<Fingerprint>().OrderByDescending(print => print.IsProven).FirstOrDefault();

    private static HashSet<(FetchWay, string)> Ways(IEnumerable<BlobFetch> fetches) => [.. fetches.Select(fetch => (fetch.OwnWay, fetch.Asked))];

    private static string OfPromise(CourtCase one) => one.Promise.SizeBytes is { } size ? $" of {size}" : "";
}
