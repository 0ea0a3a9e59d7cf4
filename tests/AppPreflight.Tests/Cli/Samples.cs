using AppPreflight.Checks;
using AppPreflight.Images;
using AppPreflight.Remedies;
using AppPreflight.Runs;
using AppPreflight.Upgrades;

namespace AppPreflight.Cli;

/// <summary>Reports as the pipeline makes them, for looking at what the console face makes of them.</summary>
internal static class Samples
{
    public const string App = "ucsschool-kelvin-rest-api";
    public const string Image2 = "artifacts.software-univention.de/upx/ucsschool-kelvin-rest-api:2.0.0";
    public const string Image3 = "artifacts.software-univention.de/upx/ucsschool-kelvin-rest-api:release3.1.1";

    public static readonly DateTimeOffset Noon = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    public static string Digest(char digit) => "sha256:" + new string(digit, 64);

    public static PreflightReport Passed => new()
    {
        Run = "20261121T120000Z-abcdef",
        App = App,
        Installed = "1.10.3",
        Target = "3.1.1",
        Depth = Depth.Claims,
        Verdict = Verdict.Pass,
        Started = Noon,
        Finished = Noon.AddMilliseconds(420),
        Chain =
        [
            new("2.0.0", "ucsschool-kelvin-rest-api_20210902094200", "5.2", StepMode.Image, true, [Image2]) { RequiredVersion = "1.10.3" },
            new("3.1.1", "ucsschool-kelvin-rest-api_20250318112345", "5.2", StepMode.Image, true, [Image3]) { RequiredVersion = "2.0.0" },
        ],
        Images =
        [
            new(Image2, ["2.0.0"], Served('1'), new(Digest('2'), [$"{Image2[..^6]}@{Digest('1')}"], ["appcenter-kelvin (running)"])),
            new(Image3, ["3.1.1"], Served('3'), new(Digest('4'), [], [])),
        ],
        Bytes = new(0, 0, 12_345, 0, 0),
    };

    public static PreflightReport Failed => Passed with
    {
        Verdict = Verdict.Fail,
        Images = [Passed.Images[0], Passed.Images[1] with { Stored = null }],
        Findings =
        [
            new(FindingCode.TagMoved, Verdict.Fail, Image2, Source.Engine,
                "The name means another image at the registry than here: it was pulled as sha256:999999999999, the registry now serves sha256:111111111111")
            { Expected = Digest('1'), Observed = Digest('9'), Remedy = "app-preflight repair" },
            new(FindingCode.LayerAltered, Verdict.Fail, $"{Image2} {Digest('5')}", Source.Registry,
                "The bytes served for this layer are not the ones its digest names; a pull would end in \"filesystem layer verification failed\"")
            { Expected = Digest('5'), Observed = Digest('6'), Remedy = "nothing on this host can heal it: report the digest to the registry's operator (pushing the same image again does not replace a rotten blob)" },
            new(FindingCode.ImageAbsent, Verdict.Fail, Image3, Source.Engine, "The engine does not hold this image yet") { Remedy = "app-preflight repair" },
        ],
        Actions =
        [
            new(RemedyKind.AskOperator, $"{Image2} {Digest('5')}", [FindingCode.LayerAltered], ActionOutcome.Planned) { Message = "an image outside this chain stands on the damaged layer" },
            new(RemedyKind.Pull, Image3, [FindingCode.ImageAbsent], ActionOutcome.Planned),
        ],
        Bytes = new(312_400_000, 0, 0, 1_600_000_000, 12_100_000_000),
        Notes = ["ucsschool-kelvin-rest-api_20190101.ini: this version is ignored by the App Center, because its UCS version is not supported"],
    };

    /// <summary>A rotten base layer under a running container.</summary>
    public static PreflightReport InUse => Failed with
    {
        Depth = Depth.Content,
        Findings =
        [
            .. Failed.Findings,
            new(FindingCode.LayerSharedInUse, Verdict.Fail, Image2, Source.Engine, "The damaged layer belongs to kelvin:1.10.3 as well, which is in use by kelvin (running); it is not removed")
            { Observed = Digest('7'), Remedy = InUseText },
        ],
        Actions =
        [
            new(RemedyKind.AskOperator, Image2, [FindingCode.StoredLayerAltered], ActionOutcome.Planned)
            { Message = InUseText, Commands = ["docker stop kelvin", "docker rm kelvin", "docker rmi kelvin:1.10.3", $"docker rmi {Image2}"] },
        ],
        Reach = [new(Digest('c'), Digest('c'), ["kelvin:1.10.3", Image2], [new("kelvin", true), new("old", false)], ["kelvin", "old", "kelvin:1.10.3", Image2])],
        Bytes = new(312_400_000, 0, 0, 1_600_000_000, 12_100_000_000) { Unpacked = 900_000_000, InodesNeeded = 40_000, InodesFree = 3, IsEstimate = true, BytesPerSecond = 2_500_000 },
    };

    private const string InUseText =
        $"docker stop kelvin; docker rm kelvin; docker rmi kelvin:1.10.3; docker rmi {Image2} (kelvin of {App} is down from docker stop until univention-app reinitialize has made it again)";

    public static PreflightReport Repaired => Passed with
    {
        Depth = Depth.Content,
        Cured = [.. Failed.Findings.Where(finding => finding.Source == Source.Engine)],
        Actions =
        [
            new(RemedyKind.Pull, Image2, [FindingCode.TagMoved], ActionOutcome.Done),
            new(RemedyKind.Pull, Image3, [FindingCode.ImageAbsent], ActionOutcome.Done),
        ],
        Bytes = new(312_400_000, 312_400_000, 2_400_000_000, 1_600_000_000, 12_100_000_000),
        Finished = Noon.AddSeconds(83),
    };

    public static PreflightReport HalfRepaired => Failed with
    {
        Depth = Depth.Content,
        Actions =
        [
            new(RemedyKind.Purge, Image2, [FindingCode.StoredLayerAltered], ActionOutcome.Refused) { Message = "conflict: unable to remove repository reference (must force) - container 0123456789ab is using its referenced image" },
            new(RemedyKind.Pull, Image3, [FindingCode.ImageAbsent], ActionOutcome.Failed) { Message = "the engine is gone" },
        ],
        Findings = [.. Failed.Findings.Select(finding => finding with { Look = Look.Second })],
    };

    public static PreflightReport Unknown => Passed with
    {
        Verdict = Verdict.Unknown,
        Images = [.. Passed.Images.Select(image => image with { Served = null, Stored = null })],
        Findings =
        [
            new(FindingCode.RegistryUnreachable, Verdict.Unknown, Image2, Source.Registry, "artifacts.software-univention.de does not answer: connection refused") { Remedy = "check the network, DNS and proxy of this host, then run again" },
            new(FindingCode.EngineUnreachable, Verdict.Unknown, "unix:///var/run/docker.sock", Source.Engine, "there is no engine at /var/run/docker.sock") { Remedy = "systemctl status docker" },
        ],
    };

    public static PreflightReport UpToDate => Passed with
    {
        Target = null,
        Chain = [],
        Images = [],
        Findings = [new(FindingCode.ChainEmpty, Verdict.Pass, App, Source.AppCenter, "Nothing newer than 1.10.3 is on offer")],
    };

    public static PreflightReport AppUnknown => UpToDate with
    {
        App = "kelvni",
        Installed = null,
        Verdict = Verdict.Fail,
        Findings = [new(FindingCode.AppUnknown, Verdict.Fail, "kelvni", Source.AppCenter, "No catalogue on this host knows an app 'kelvni'") { Remedy = "univention-app list" }],
    };

    public static PreflightReport Warned => Passed with
    {
        Verdict = Verdict.Warn,
        Findings = [new(FindingCode.ManifestAltered, Verdict.Warn, Image2, Source.Registry, "The registry's header names another digest than its bytes have") { Expected = Digest('1'), Observed = Digest('7') }],
    };

    /// <summary>Everything a stranger can put into a report, at its worst.</summary>
    public static PreflightReport Hostile => Failed with
    {
        App = "evil\e[31mapp\u202e\u2028",
        Installed = new string('1', 300),
        Findings =
        [
            new(FindingCode.CatalogUnreadable, Verdict.Fail, new string('s', 500), Source.AppCenter, "bell\a esc\e]0;title\a del\u007f c1\u009b31m \r\n" + new string('x', 9000))
            { Expected = "\e[2J", Observed = new string('/', 200), Remedy = string.Concat(Enumerable.Repeat("\ud83d\ude00", 100)) },
        ],
        Notes = ["\e[1m"],
    };

    public static IEnumerable<PreflightReport> All => [Passed, Failed, InUse, Repaired, HalfRepaired, Unknown, UpToDate, AppUnknown, Warned, Hostile];

    private static ReportedServed Served(char digit) =>
        new(Digest(digit), Digest('a'), "linux/amd64", [new(Digest('b'), Digest('c'), 300_000_000), new(Digest('5'), Digest('d'), 12_400_000)]);
}
