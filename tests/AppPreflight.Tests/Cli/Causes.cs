using AppPreflight.Checks;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Runs;

namespace AppPreflight.Cli;

/// <summary>Reports with a culprit named, as the court of causes makes them.</summary>
internal static class Causes
{
    public const string Local = "127.0.0.1:5000/kelvin:2.0.0";

    public static Cause Rotten => new(Culprit.Registry, Confidence.Proven,
        "The registry's own copy is rotten: the same wrong bytes came each time and by every way; pushing the image again does not replace them")
    {
        Evidence = ["all 3 fetches gave sha256:666666666666", "every other host that pulls it will fail as well"],
        Fingerprint = FingerprintKind.FlippedBit,
        Difference = new(4711, 1, DifferenceShape.Bit) { Sentence = "one bit of byte 4711 (0x5a instead of 0x5b)" },
        Fetches =
        [
            new(FetchWay.Plain, "artifacts.software-univention.de")
            {
                Answered = "cdn.software-univention.de",
                Status = 200,
                Headers = [new("Content-Type", "application/octet-stream"), new("Server", "nginx"), new("ETag", "\"abc\"")],
                AnnouncedBytes = 12_400_000,
                SizeBytes = 12_400_000,
                Digest = Digest.Parse(Samples.Digest('6')),
                Elapsed = TimeSpan.FromSeconds(1.2),
                Fingerprint = new(FingerprintKind.FlippedBit, "one bit of byte 4711 is turned; turned back, the digest is the promised one", true),
            },
            new(FetchWay.Ranges, "artifacts.software-univention.de") { Status = 206, SizeBytes = 12_400_000, Digest = Digest.Parse(Samples.Digest('6')), Elapsed = TimeSpan.FromSeconds(2) },
            new(FetchWay.Ipv6, "artifacts.software-univention.de") { Fault = new(Source.Registry, Fault.Unreachable, "artifacts.software-univention.de does not answer: no route to host") },
            new(FetchWay.Mirror, "mirror.example.org:5000") { Status = 200, SizeBytes = 12_400_000, Digest = Digest.Parse(Samples.Digest('5')), Elapsed = TimeSpan.FromSeconds(3) },
        ],
    };

    public static PreflightReport RottenBlob => Samples.Failed with
    {
        Verb = RunVerb.Check,
        Engine = new("20.10.24", "overlay2", "linux/amd64"),
        Findings = [Samples.Failed.Findings[0], Samples.Failed.Findings[1] with { Cause = Rotten }],
    };

    /// <summary>One blob of a registry on loopback, and a cause of another kind.</summary>
    public static PreflightReport OfLoopback(Culprit culprit, params FetchWay[] ways) => RottenBlob with
    {
        Images = [new(Local, ["2.0.0"], new(Samples.Digest('1'), Samples.Digest('a'), "linux/amd64", [new(Samples.Digest('5'), Samples.Digest('d'), 1_000_000)]), null)],
        Findings =
        [
            new(FindingCode.LayerAltered, Verdict.Fail, $"{Local} {Samples.Digest('5')}", Source.Registry, "The bytes served for this layer are not the ones its digest names")
            {
                Cause = new(culprit, Confidence.Likely, "It is so")
                {
                    Fetches = [.. ways.Select(way => new BlobFetch(way, "127.0.0.1:5000") { Status = 200, SizeBytes = 7, Digest = Digest.Parse(Samples.Digest('7')) })],
                },
            },
        ],
    };
}
