using System.Collections.Immutable;
using System.Text;
using AppPreflight.AppCenter;
using AppPreflight.Apps;
using AppPreflight.Ports;

namespace AppPreflight.Fuzz;

/// <summary>The App Center's files and this program's own, as they lie on the host.</summary>
internal static class HostTargets
{
    private const string Yaml = ": - ? [ ] { } , & * ! !! !!str !!int !!set !!binary | > |- >+2 ' \" # --- ... %YAML 1.1 %TAG << <<: *a &a ~ null yes 0x1 1_0 1:2:3 2001-01-01 .inf \\u0041 \\x \t @!@ @%@";
    private static readonly Scratch Files = new();

    private static readonly UcrValues Ucr = new(ImmutableDictionary.CreateRange(StringComparer.Ordinal, new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["hostname"] = "primary", ["domainname"] = "example.test", ["x"] = "value", ["y/z"] = "@%@x@%@", ["nest"] = "@%@y/z@%@@%@y/z@%@", ["self"] = "a@%@self@%@", ["half"] = "@%", ["token"] = "@%@", ["eater"] = $"@%@{new string('L', 100_000)}@%@@%@eater@%@",
        ["appcenter/apps/app/ports/80"] = "8080", ["appcenter/apps/app/ports/443/protocol"] = "tcp,udp",
    }));

    private static readonly AppRelease[] Releases = [.. new[] { "1", "2" }.Select(number => new AppRelease { Id = "kelvin", ComponentId = "kelvin_" + number, Ucs = "5.2", Version = new(number), DockerImage = "a:1" })];

    public static IEnumerable<FuzzTarget> All =>
    [
        new("ini", Ini) { Words = "[ ] = : ; # [Application] [DEFAULT] [de] ID Version Name Code DockerImage DockerMainService SupportedUCSVersions RequiredAppVersionUpgrade \\, , %(x)s \t yes", Allowed = [typeof(SourceException)] },
        new("ucs-ini", UcsIni) { Words = "[5.2] [5.0] SupportedUCSVersions = , \\, \\ .. / ,,", Allowed = [typeof(SourceException)] },
        new("ucr", UcrTexts) { Words = "@%@ : # @%@a@%@ a: @%@x @% UCRWARNING= appcenter/apps/a/status: installed \u0085", Allowed = [typeof(SourceException)], InTest = 1000, MostAllocated = 512L << 20 },
        new("template", Template) { MostAllocated = 512L << 20, Words = "@%@ @!@ @% @ UCRWARNING= BCWARNING= self x y/z nest token half @%@x@%@ @%@token@%@ @%@half@%@" },
        new("compose", Compose) { Words = Yaml + " services: image: web: app: volumes: ports: environment: extends: file: networks: profiles: depends_on: build: ${A:-b} $$ ${ version: \"3\" external: true deploy: ulimits: healthcheck: command: #override", Allowed = [], InTest = 1500, MostAllocated = 512L << 20 },
        new("yaml", YamlOf) { Corpus = "compose", Words = Yaml, Allowed = [typeof(ComposeFaultException)], InTest = 1500 },
        new("apps-yaml", AppsYamlOf) { Words = Yaml + " id: name: versions: version: images: requires: installed: file: key: ../", Allowed = [typeof(SourceException)], InTest = 1000 },
        new("config-yaml", Config) { Words = Yaml + " auto: heal check off apps: nightly: jitter: scrub: rate: minutes: metrics: 24:00", Allowed = [typeof(SourceException)], InTest = 1000 },
        new("json-cache", JsonCacheOf) { Words = "{ } [ ] \" : , null true -1 \\ud800 \\u0000 \"component_id\" \"version\" \"docker_image\" kelvin_1 [[ {\"a\":", Allowed = [] },
        new("packages", Packages) { Words = "Package: Status: Version: \u0020 install ok installed not-installed config-files \n\n", Allowed = [] },
        new("appcenter-log", Log) { Words = "failed with: Command Downloading Docker image registry.example.test/demo:2.0 failed: ERROR CRITICAL ]: ( ) (1) docker pull 26-11-21 12:00:00 4711", Allowed = [] },
        new("python-integer", Integer) { Words = "_ + - 0x 1_0 \u0663 \u00a0 \u001c __", Allowed = [] },
        new("status", Status) { Words = "status=RUNNING next_version= - = \r", Allowed = [] },
        new("version", Version) { Words = ". - ~ a Z 0 00 1 \u0663 \u00b2 \ud835\udfce \u0660 rc v1", Allowed = [] },
    ];

    private static void Ini(byte[] input)
    {
        var file = IniFile.Parse("f", input);
        foreach (var section in file.Sections) Hold.True(file.Get(section, "id") is null || file.LineOf(section, "id") > 0, "what has a value has a line");
        Hold.True(file.Unparseable is null || !file.Sections.Any(), "a file that counts as empty is empty");
        var read = ReleaseReader.Read(new() { ComponentId = "a_1", Ucs = "5.2", Companions = new HashSet<string>(["ini", "meta", "README"]), Read = extension => extension == "ini" ? input : input[..(input.Length / 2)] });
        Hold.True(read.Release is null || read.Ignored is null, "an ignored version is no release");
    }

    private static void UcsIni(byte[] input)
    {
        var listed = UcsVersionList.For(IniFile.Parse("f", input), "f", "5.2");
        Hold.True(listed.All(version => !version.StartsWith('/') && !version.Split('/').Contains("..", StringComparer.Ordinal)), "no version leads out of the cache");
    }

    private static void UcrTexts(byte[] input)
    {
        Files.Write("etc/univention/base.conf", input.AsSpan(input.Length / 2));
        Files.Write("etc/univention/base-defaults.conf", input);
        var reading = UcrFiles.Read(Fence.Around(Files.At("etc/univention")));
        Hold.Equal(reading.Values.Values.Count, reading.Entries.Count, "a value of each entry");
    }

    private static void Template(byte[] input)
    {
        var text = Encoding.UTF8.GetString(input);
        ComposeTemplate.Mask(text);
        var rendered = UcrTemplate.Render(text, key => Ucr[key]);
        Hold.Equal(UcrTemplate.Render(rendered, key => Ucr[key]), rendered, "rendered twice");
    }

    private static void Compose(byte[] input)
    {
        var at = input.AsSpan().IndexOf("#override"u8);
        var release = new ComposeRelease { AppId = "app", MainService = "web", Template = () => at < 0 ? input : input[..at], Override = () => at < 0 ? null : input[at..], InjectEnvFile = "all", HasEnvFile = input.Length % 2 == 0, Volumes = ["/a:/b"] };
        var wanted = new ComposeImages(release).For(Ucr);
        Hold.True(wanted.Named is null ? wanted.Error is not null || wanted.Undecided.Count > 0 : wanted.Error is null, "names, or why there are none");
        Hold.True(wanted.Pulled is null || (wanted.Error is null && wanted.Pulled.SequenceEqual(wanted.Pulled.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))), "what is pulled is named once, in order");
        Hold.True(wanted.Named is null || wanted.Named.All(name => wanted.Services!.Any(service => service.Image == name)), "each image is a service's");
    }

    private static void YamlOf(byte[] input)
    {
        var text = Encoding.UTF8.GetString(input);
        ComposeFaultException? fault = null;
        foreach (var dialect in Enum.GetValues<YamlDialect>())
        {
            try
            {
                ComposeReading.Of(YamlConstructor.Read(text, dialect));
            }
            catch (ComposeFaultException e)
            {
                fault = e;
            }
        }

        if (fault is not null) throw fault;
    }

    private static void AppsYamlOf(byte[] input)
    {
        Files.Write(AppsYaml.Folder + "/a.yaml", input);
        var reading = AppsYaml.Read(Fence.Around(Files.Root)!);
        Hold.True(reading.Cache.Releases.All(release => ReleaseAttribute.IsId(release.Id) && release.Images is NamedImages { Names.Count: > 0 }), "each release has an id and images");
    }

    private static void Config(byte[] input)
    {
        Files.Write("config.yaml", input);
        var config = new ConfigFile("/", Files.At("config.yaml")).Read();
        Hold.True(config.Jitter >= TimeSpan.Zero && config.Scrub is not { BytesPerSecond: <= 0 }, "numbers within their bounds");
    }

    private static void JsonCacheOf(byte[] input) => Hold.True(JsonCache.Differences("f", input, Releases).Count <= 20, "the notes are bounded");

    private static void Packages(byte[] input)
    {
        var whole = PackageList.Read(new MemoryStream(input), CancellationToken.None);
        Hold.True(whole.SetEquals(PackageList.Read(new Dribble(input), CancellationToken.None)), "read in pieces against whole");
        Hold.Equal(PackageList.Read(null, CancellationToken.None).Count, 0, "no file");
    }

    private static void Log(byte[] input) => FailedPullLog.LastIn(Encoding.UTF8.GetString(input), "registry.example.test/demo:2.0");

    private static void Integer(byte[] input)
    {
        var read = PythonInteger.Parse(Encoding.UTF8.GetString(input), out var complaint);
        Hold.Equal(read is null, complaint.Length > 0, "a number, or a complaint");
        if (read is { } number) Hold.Equal(PythonInteger.Parse(number.ToString(System.Globalization.CultureInfo.InvariantCulture), out _), number, "a number read again");
    }

    private static void Status(byte[] input) => Hold.True(UpdaterStatus.NextVersion(input) is not { Length: 0 }, "a version or none");

    // every other input as UTF-16: half pairs are texts too
    private static void Version(byte[] input)
    {
        var versions = (input.Length % 4 < 2 ? Encoding.UTF8 : Encoding.Unicode).GetString(input).Split('\n', 40).Select(text => new AppVersion(text)).ToList();
        foreach (var (one, other) in versions.Zip(versions.Skip(1)))
        {
            Hold.Equal(Math.Sign(one.CompareTo(other)), -Math.Sign(other.CompareTo(one)), $"'{one}' against '{other}' and back");
            Hold.Equal(one.CompareTo(one), 0, $"'{one}' against itself");
        }

        var sorted = ReleaseOrder.Sort(versions.Select(version => new AppRelease { Id = "a", ComponentId = version.Text, Ucs = "5.2", Version = version }));
        Hold.Equal(sorted.Count, versions.Count, "sorting loses nothing");
    }
}

/// <summary>A folder in memory for parsers that open their files themselves.</summary>
internal sealed class Scratch
{
    public string Root { get; } = Directory.CreateDirectory(Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"app-preflight-fuzz-{Environment.ProcessId}-{Guid.NewGuid():n}")).FullName;

    public Scratch() => AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(Root, recursive: true);

    public string At(string name) => Path.Combine(Root, name);

    public void Write(string name, ReadOnlySpan<byte> content)
    {
        var path = At(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
    }
}
