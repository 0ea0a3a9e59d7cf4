using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;
using static AppPreflight.AppCenter.ComposeShape;

namespace AppPreflight.AppCenter;

/// <summary>Which keys and types docker-compose 1.29.2 takes, for any file version but 1.</summary>
/// <remarks>Source: the Compose Specification as of 1.29.2 (compose/config/compose_spec.json), formats of compose/config/validation.py.</remarks>
internal static partial class ComposeSchema
{
    private static readonly ComposeShape Text = new Leaf("a string", null, YamlKind.Text);
    private static readonly ComposeShape Whole = new Leaf("an integer", null, YamlKind.Integer);
    private static readonly ComposeShape Number = new Leaf("a number", null, YamlKind.Integer, YamlKind.Float);
    private static readonly ComposeShape Truth = new Leaf("a boolean", null, YamlKind.Bool);
    private static readonly ComposeShape Nothing = new Leaf("null", null, YamlKind.Null);
    private static readonly ComposeShape TextOrNumber = Text | Number;
    private static readonly ComposeShape TextOrWhole = Text | Whole;
    private static readonly ComposeShape Texts = new Sequence(Text, Unique: false);
    private static readonly ComposeShape UniqueTexts = new Sequence(Text, Unique: true);
    private static readonly ComposeShape TextOrTexts = Text | UniqueTexts;
    private static readonly ComposeShape CommandLine = Text | Texts;
    private static readonly ComposeShape Pairs = MapOf(TextOrNumber | Nothing) | UniqueTexts;
    private static readonly ComposeShape Exposed = new Sequence(new Leaf("a string or number", BadExpose, YamlKind.Text, YamlKind.Integer, YamlKind.Float), Unique: true);

    private static readonly ComposeShape BlkioLimits = ListOf(Closed(("path", Text), ("rate", TextOrWhole)));
    private static readonly ComposeShape BlkioWeights = ListOf(Closed(("path", Text), ("weight", Whole)));
    private static readonly ComposeShape FileReference = ListOf(
        Text | Map(("source", Text), ("target", Text), ("uid", Text), ("gid", Text), ("mode", Number)));

    private static readonly ComposeShape Build = Text | Map(
        ("context", Text), ("dockerfile", Text), ("args", Pairs), ("labels", Pairs), ("cache_from", Texts), ("network", Text),
        ("target", Text), ("shm_size", TextOrWhole), ("extra_hosts", Pairs), ("isolation", Text));

    private static readonly ComposeShape DependsOn = UniqueTexts | new Fields(Keys())
    {
        Extensible = false,
        OtherKeys = IsName,
        Others = new Fields(Keys(("condition", OneOf("service_started", "service_healthy", "service_completed_successfully"))))
        {
            Extensible = false,
            Required = ["condition"],
        },
    };

    private static readonly ComposeShape Healthcheck = Map(
        ("disable", Truth), ("interval", Text), ("retries", Number), ("test", CommandLine), ("timeout", Text), ("start_period", Text));

    private static readonly ComposeShape Ports = new Sequence(
        new Leaf("a port", BadPort, YamlKind.Text, YamlKind.Integer, YamlKind.Float)
        | Map(("mode", Text), ("target", Whole), ("published", Whole), ("protocol", Text)), Unique: true);

    private static readonly ComposeShape Volumes = new Sequence(
        Text | new Fields(Keys(
            ("type", Text), ("source", Text), ("target", Text), ("read_only", Truth), ("consistency", Text),
            ("bind", Map(("propagation", Text))), ("volume", Map(("nocopy", Truth))),
            ("tmpfs", Map(("size", Between(0, null))))))
        {
            Required = ["type"],
        }, Unique: true);

    private static readonly ComposeShape ServiceNetworks = UniqueTexts | new Fields(Keys())
    {
        Extensible = false,
        OtherKeys = IsName,
        Others = Nothing | Map(
            ("aliases", UniqueTexts), ("ipv4_address", Text), ("ipv6_address", Text), ("link_local_ips", UniqueTexts), ("priority", Number)),
    };

    private static readonly ComposeShape Ulimits = new Fields(Keys())
    {
        OtherKeys = name => name.Length > 0 && name.All(char.IsAsciiLetterLower),
        Others = Whole | new Fields(Keys(("hard", Whole), ("soft", Whole))) { Required = ["soft", "hard"] },
        Open = true,
    };

    private static readonly ComposeShape UpdateRule = Map(
        ("parallelism", Whole), ("delay", Text), ("failure_action", Text), ("monitor", Text), ("max_failure_ratio", Number),
        ("order", OneOf("start-first", "stop-first")));

    private static readonly ComposeShape Resources = Map(
        ("limits", Map(("cpus", TextOrNumber), ("memory", Text))),
        ("reservations", Map(
            ("cpus", TextOrNumber),
            ("memory", Text),
            ("generic_resources", ListOf(Map(("discrete_resource_spec", Map(("kind", Text), ("value", Number)))))),
            ("devices", ListOf(Map(
                ("capabilities", UniqueTexts), ("count", TextOrWhole), ("device_ids", UniqueTexts), ("driver", Text), ("options", Pairs)))))));

    private static readonly ComposeShape Deploy = Nothing | Map(
        ("mode", Text), ("endpoint_mode", Text), ("replicas", Whole), ("labels", Pairs),
        ("rollback_config", UpdateRule), ("update_config", UpdateRule), ("resources", Resources),
        ("restart_policy", Map(("condition", Text), ("delay", Text), ("max_attempts", Whole), ("window", Text))),
        ("placement", Map(("constraints", Texts), ("preferences", ListOf(Map(("spread", Text)))), ("max_replicas_per_node", Whole))));

    private static readonly ComposeShape Service = Map(
        ("deploy", Deploy), ("build", Build),
        ("blkio_config", Closed(
            ("device_read_bps", BlkioLimits), ("device_read_iops", BlkioLimits), ("device_write_bps", BlkioLimits),
            ("device_write_iops", BlkioLimits), ("weight", Whole), ("weight_device", BlkioWeights))),
        ("cap_add", UniqueTexts), ("cap_drop", UniqueTexts), ("cgroup_parent", Text), ("command", CommandLine), ("configs", FileReference),
        ("container_name", Text), ("cpu_count", Between(0, null)), ("cpu_percent", Between(0, 100)), ("cpu_shares", TextOrNumber),
        ("cpu_quota", TextOrNumber), ("cpu_period", TextOrNumber), ("cpu_rt_period", TextOrNumber), ("cpu_rt_runtime", TextOrNumber),
        ("cpus", TextOrNumber), ("cpuset", Text), ("credential_spec", Map(("config", Text), ("file", Text), ("registry", Text))),
        ("depends_on", DependsOn), ("device_cgroup_rules", UniqueTexts), ("devices", UniqueTexts), ("dns", TextOrTexts), ("dns_opt", UniqueTexts),
        ("dns_search", TextOrTexts), ("domainname", Text), ("entrypoint", CommandLine), ("env_file", TextOrTexts), ("environment", Pairs),
        ("expose", Exposed),
        ("extends", Text | new Fields(Keys(("service", Text), ("file", Text))) { Extensible = false, Required = ["service"] }),
        ("external_links", UniqueTexts), ("extra_hosts", Pairs), ("group_add", new Sequence(TextOrNumber, Unique: true)), ("healthcheck", Healthcheck),
        ("hostname", Text), ("image", Text), ("init", Truth), ("ipc", Text), ("isolation", Text), ("labels", Pairs), ("links", UniqueTexts),
        ("logging", Map(("driver", Text), ("options", new Fields(Keys()) { OtherKeys = name => name.Length > 0, Others = TextOrNumber | Nothing, Open = true }))),
        ("mac_address", Text), ("mem_limit", TextOrNumber), ("mem_reservation", TextOrWhole), ("mem_swappiness", Whole), ("memswap_limit", TextOrNumber),
        ("network_mode", Text), ("networks", ServiceNetworks), ("oom_kill_disable", Truth), ("oom_score_adj", Between(-1000, 1000)), ("pid", Text | Nothing),
        ("pids_limit", TextOrNumber), ("platform", Text), ("ports", Ports), ("privileged", Truth), ("profiles", UniqueTexts),
        ("pull_policy", OneOf("always", "never", "if_not_present", "build")), ("read_only", Truth), ("restart", Text), ("runtime", Text), ("scale", Whole),
        ("security_opt", UniqueTexts), ("shm_size", TextOrNumber), ("secrets", FileReference), ("sysctls", Pairs), ("stdin_open", Truth),
        ("stop_grace_period", Text), ("stop_signal", Text), ("storage_opt", AnyMap()), ("tmpfs", TextOrTexts), ("tty", Truth), ("ulimits", Ulimits),
        ("user", Text), ("userns_mode", Text), ("volumes", Volumes), ("volumes_from", UniqueTexts), ("working_dir", Text));

    private static readonly ComposeShape DriverOptions = new Fields(Keys()) { OtherKeys = name => name.Length > 0, Others = TextOrNumber, Open = true };
    private static readonly ComposeShape External = Truth | Map(("name", Text));
    private static readonly ComposeShape LooseExternal = Truth | new Fields(Keys(("name", Text))) { Open = true };
    private static readonly ComposeShape TextMap = new Fields(Keys()) { Extensible = false, OtherKeys = name => name.Length > 0, Others = Text };

    private static readonly ComposeShape Network = Nothing | Map(
        ("name", Text), ("driver", Text), ("driver_opts", DriverOptions),
        ("ipam", Map(
            ("driver", Text),
            ("config", ListOf(Map(("subnet", new Leaf("a string", BadSubnet, YamlKind.Text)), ("ip_range", Text), ("gateway", Text), ("aux_addresses", TextMap)))),
            ("options", TextMap))),
        ("external", External), ("internal", Truth), ("enable_ipv6", Truth), ("attachable", Truth), ("labels", Pairs));

    private static readonly ComposeShape Volume = Nothing | Map(
        ("name", Text), ("driver", Text), ("driver_opts", DriverOptions), ("external", External), ("labels", Pairs));

    private static readonly ComposeShape Secret = Map(
        ("name", Text), ("file", Text), ("external", LooseExternal), ("labels", Pairs), ("driver", Text), ("driver_opts", DriverOptions), ("template_driver", Text));

    private static readonly ComposeShape Config = Map(
        ("name", Text), ("file", Text), ("external", LooseExternal), ("labels", Pairs), ("template_driver", Text));

    private static readonly ComposeShape File = Map(
        ("version", Text), ("services", Named(Service, open: false)), ("networks", Named(Network, open: true)), ("volumes", Named(Volume, open: false)),
        ("secrets", Named(Secret, open: false)), ("configs", Named(Config, open: false)));

    /// <exception cref="ComposeFaultException">The schema refuses the file; the first complaint.</exception>
    public static void Check(YamlValue file)
    {
        if (File.Complaint(file, "") is { } complaint)
        {
            throw ComposeFaultException.Refused("The Compose file is invalid: " + complaint.Replace(" .", " ", StringComparison.Ordinal).TrimStart('.'));
        }
    }

    private static Dictionary<string, ComposeShape> Keys(params ReadOnlySpan<(string Key, ComposeShape Shape)> known)
    {
        var keys = new Dictionary<string, ComposeShape>(StringComparer.Ordinal);
        foreach (var (key, shape) in known)
        {
            keys.Add(key, shape);
        }

        return keys;
    }

    private static Fields Map(params ReadOnlySpan<(string Key, ComposeShape Shape)> known) => new(Keys(known));

    private static Fields Closed(params ReadOnlySpan<(string Key, ComposeShape Shape)> known) => new(Keys(known)) { Extensible = false };

    private static Fields AnyMap() => new(Keys()) { Open = true };

    private static Fields MapOf(ComposeShape value) => new(Keys()) { Extensible = false, OtherKeys = name => name.Length > 0, Others = value };

    private static Fields Named(ComposeShape value, bool open) =>
        new(Keys()) { Extensible = false, OtherKeys = IsName, Others = value, Open = open };

    private static Sequence ListOf(ComposeShape item) => new(item, Unique: false);

    private static Leaf OneOf(params string[] words) =>
        new("a string", v => words.Contains(v.Text, StringComparer.Ordinal) ? null : $"is none of {string.Join(", ", words)}", YamlKind.Text);

    private static Leaf Between(int least, int? most) =>
        new("an integer", v => v.Integer < least || v.Integer > (most ?? v.Integer) ? "is out of range" : null, YamlKind.Integer);

    private static bool IsName(string name) => name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');

    private static string? BadExpose(YamlValue value) =>
        value.IsText && !ExposeForm.IsMatch(value.Text) ? "should be of the format 'PORT[/PROTOCOL]'" : null;

    private static string? BadSubnet(YamlValue value) =>
        Ipv4Subnet.IsMatch(value.Text) || IsIpv6Subnet(value.Text) ? null : "should use the CIDR format";

    private static bool IsIpv6Subnet(string text) => text.Split('/') is [var address, var length]
        && System.Net.IPAddress.TryParse(address, out var parsed)
        && parsed.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6
        && byte.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out var bits) && bits <= 128;

    private static string? BadPort(YamlValue value)
    {
        var written = value.Kind == YamlKind.Integer ? value.Integer.ToString(CultureInfo.InvariantCulture) : value.Text;
        if (PortForm.Match(written) is not { Success: true } match)
        {
            return "is invalid: Invalid port, should be [[remote_ip:]remote_port[-remote_port]:]port[/protocol]";
        }

        var inside = Length(match.Groups["int"].Value, match.Groups["int_end"].Value);
        var outside = Length(match.Groups["ext"].Value, match.Groups["ext_end"].Value);
        var anyRangeOutside = inside == 1 && !match.Groups["host"].Success;
        return outside is null || outside == inside || (anyRangeOutside && outside >= 1) ? null : "is invalid: Port ranges don't match in length";
    }

    private static BigInteger? Length(string first, string last)
    {
        if (first.Length == 0)
        {
            return null;
        }

        var length = last.Length == 0 ? 1 : PythonInteger.Parse(last, out _) - PythonInteger.Parse(first, out _) + 1;
        return length > 0 ? length : 0;
    }

    [GeneratedRegex(@"^\d+(-\d+)?(/[a-zA-Z]+)?\n?\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ExposeForm { get; }

    [GeneratedRegex(@"^((\d{1,2}|1\d{2}|2[0-4]\d|25[0-5])\.){3}(\d{1,2}|1\d{2}|2[0-4]\d|25[0-5])/(\d|[1-2]\d|3[0-2])\n?\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Ipv4Subnet { get; }

    [GeneratedRegex(@"^((\[?(?<host>[a-fA-F\d.:]+)\]?:)?(?<ext>\d*)(-(?<ext_end>\d+))?:)?(?<int>\d+)(-(?<int_end>\d+))?(/(udp|tcp|sctp))?\n?\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex PortForm { get; }
}
