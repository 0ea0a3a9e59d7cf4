using System.Globalization;
using System.Numerics;

namespace AppPreflight.AppCenter;

/// <summary>What the App Center adds to a compose file before it pulls, and where that breaks.</summary>
/// <remarks>Source: appcenter-docker/docker.py, MultiDocker._setup_yml; the order of the steps decides which fault is met first.</remarks>
internal sealed class ComposeRewrite(ComposeSettings settings)
{
    private const string AppNetwork = "appcenter_net";
    private readonly Dictionary<BigInteger, string> protocols = [];
    private readonly List<(YamlValue Name, YamlValue Service, PortTable Ports, YamlValue? Exposed)> seen = [];
    private int address = 1;

    private sealed class PortTable
    {
        private readonly List<BigInteger> order = [];
        private readonly Dictionary<BigInteger, BigInteger> hostPorts = [];

        public bool Has(BigInteger container) => hostPorts.ContainsKey(container);

        public IEnumerable<(BigInteger Container, BigInteger Host)> All => order.Select(c => (c, hostPorts[c]));

        public void Set(BigInteger container, BigInteger host)
        {
            if (!hostPorts.ContainsKey(container))
            {
                order.Add(container);
            }

            hostPorts[container] = host;
        }
    }

    /// <summary>Changes <paramref name="content"/> as the App Center does.</summary>
    /// <exception cref="ComposeFaultException">The App Center stops here, before the pull.</exception>
    public void Apply(YamlValue content)
    {
        var main = MainService(content, settings.MainService);
        AddVolumes(main);
        var addressed = AddNetwork(content);
        foreach (var (name, service) in Services(content))
        {
            ReadPorts(name, service);
            if (addressed && service.Get("networks")?.Truthy != true && service.Get("network_mode") is not { Kind: YamlKind.Text, Text: "bridge" })
            {
                JoinNetwork(service);
            }
        }

        AddEnvironment(main);
        AddAppPorts();
        WritePorts();
        AddEnvFile(content);
    }

    /// <exception cref="ComposeFaultException">There is no such service, or it is no map.</exception>
    public static YamlValue MainService(YamlValue content, string name)
    {
        var service = Member(Member(content, "services"), name);
        return service.IsMap ? service : throw Unusable(service, $"the service {name} is not a map");
    }

    /// <summary>Python's <c>container[key]</c> for a text key.</summary>
    public static YamlValue Member(YamlValue container, string key) => container.IsMap
        ? container.Get(key) ?? throw ComposeFaultException.MissingKey($"there is no '{key}'")
        : throw Unusable(container, $"'{key}' is looked for in something that is not a map");

    private static ComposeFaultException Unusable(YamlValue value, string message) =>
        value.IsUnknown ? new ComposeFaultException("undecided", message) : ComposeFaultException.WrongType(message);

    public static IEnumerable<(YamlValue Name, YamlValue Service)> Services(YamlValue content)
    {
        foreach (var (name, service) in Member(content, "services").Entries())
        {
            yield return service.IsMap ? (name, service) : throw Unusable(service, $"the service {name.Text} is not a map");
        }
    }

    private void AddVolumes(YamlValue main)
    {
        var volumes = main.Get("volumes") ?? new YamlValue(YamlKind.List);
        if (volumes.IsUnknown)
        {
            return;
        }

        if (!volumes.IsList)
        {
            throw ComposeFaultException.WrongType("'volumes' of the main service is not a list");
        }

        foreach (var volume in settings.Volumes.Where(v => !volumes.Items.Any(i => i.IsText && i.Text == v)).ToArray())
        {
            volumes.Items.Add(YamlValue.Unquoted(volume));
        }

        main.Set("volumes", volumes);
    }

    private static bool AddNetwork(YamlValue content)
    {
        if (content.Has("networks"))
        {
            return false;
        }

        var config = new YamlValue(YamlKind.List);
        config.Items.Add(MapOf("subnet", YamlValue.Unquoted("172.16.1.0/24")));
        var ipam = MapOf("driver", YamlValue.Unquoted("default"));
        ipam.Set("config", config);
        content.Set("networks", MapOf(AppNetwork, MapOf("ipam", ipam)));
        return true;
    }

    private void JoinNetwork(YamlValue service)
    {
        const int HostsOfSubnet = 254;
        if (++address > HostsOfSubnet)
        {
            throw ComposeFaultException.BadValue("the App Center has no address left for so many services");
        }

        var own = MapOf("ipv4_address", YamlValue.Of(string.Create(CultureInfo.InvariantCulture, $"172.16.1.{address}")));
        service.Set("networks", MapOf(AppNetwork, own));
    }

    private static YamlValue MapOf(string key, YamlValue value)
    {
        var map = new YamlValue(YamlKind.Map);
        map.Set(key, value);
        return map;
    }

    private void ReadPorts(YamlValue name, YamlValue service)
    {
        var exposed = service.Get("expose");
        if (exposed is { IsUnknown: false })
        {
            RefuseNotIterable(exposed, "expose", name.Text);
        }

        var table = new PortTable();
        seen.Add((name, service, table, exposed));
        if (service.Get("ports") is { IsUnknown: false } ports)
        {
            RefuseNotIterable(ports, "ports", name.Text);
            foreach (var port in Iterate(ports))
            {
                ReadPort(port, table, name.Text);
            }
        }
    }

    private static void RefuseNotIterable(YamlValue value, string key, string service)
    {
        if (value.Kind is not (YamlKind.List or YamlKind.Map or YamlKind.Text or YamlKind.Bytes))
        {
            throw ComposeFaultException.WrongType($"'{key}' of the service {service} is empty or not a list");
        }
    }

    private static IEnumerable<YamlValue> Iterate(YamlValue value) => value.Kind switch
    {
        YamlKind.List => value.Items,
        YamlKind.Map => value.Entries().Select(e => e.Key),
        _ => value.Text.Select(c => YamlValue.Of(c.ToString())),
    };

    private void ReadPort(YamlValue port, PortTable table, string service)
    {
        if (port.Kind is YamlKind.Integer or YamlKind.Bool or YamlKind.Float)
        {
            var number = AsInteger(port, service);
            table.Set(number, number);
            return;
        }

        if (port.IsUnknown)
        {
            return;
        }

        if (!port.IsText)
        {
            throw ComposeFaultException.WrongType($"a port of the service {service} is neither text nor number");
        }

        var slash = port.Text.IndexOf('/', StringComparison.Ordinal);
        var (text, protocol) = slash < 0 ? (port.Text, "") : (port.Text[..slash], port.Text[(slash + 1)..]);
        var container = ReadMapping(text, table, service);
        if (protocol.Length > 0)
        {
            protocols[container] = protocol;
        }
    }

    private static BigInteger ReadMapping(string text, PortTable table, string service)
    {
        if (PythonInteger.Parse(text, out _) is { } single)
        {
            table.Set(single, single);
            return single;
        }

        if (text.Split(':') is not [var left, var right] || PythonInteger.Parse(left, out _) is not { } host
            || PythonInteger.Parse(right, out _) is not { } container)
        {
            throw ComposeFaultException.BadValue($"the App Center does not understand the port '{text}' of the service {service}");
        }

        table.Set(container, host);
        return container;
    }

    private static BigInteger AsInteger(YamlValue value, string service) => value.Kind switch
    {
        YamlKind.Integer => value.Integer,
        YamlKind.Bool => value.IsTrue ? 1 : 0,
        _ when double.IsFinite(value.Float) => new BigInteger(value.Float),
        _ when double.IsNaN(value.Float) => throw ComposeFaultException.WrongType($"a port of the service {service} is no number"),
        _ => throw ComposeFaultException.BadValue($"a port of the service {service} is endless"),
    };

    private static void AddEnvironment(YamlValue main)
    {
        var environment = main.Get("environment");
        if (environment is null)
        {
            main.Set("environment", new YamlValue(YamlKind.Map));
        }
        else if (environment is { IsList: false, IsMap: false, IsUnknown: false })
        {
            throw ComposeFaultException.WrongType("'environment' of the main service is empty or no map");
        }
    }

    private void AddAppPorts()
    {
        foreach (var (container, host) in settings.AppPorts)
        {
            var table = seen.Where(s => s.Exposed is { IsUnknown: false } && Exposes(s.Exposed, container, s.Name.Text)).Select(s => s.Ports).FirstOrDefault()
                ?? seen.Select(s => s.Ports).FirstOrDefault(p => p.Has(container))
                ?? seen.First(s => s.Name.Identity == "t:" + settings.MainService).Ports;
            table.Set(container, host);
        }
    }

    /// <summary>The App Center turns <c>expose</c> into numbers only when it looks for a port of the app.</summary>
    private static bool Exposes(YamlValue exposed, BigInteger wanted, string service)
    {
        foreach (var port in Iterate(exposed))
        {
            var number = port.Kind switch
            {
                YamlKind.Text => PythonInteger.Parse(port.Text, out _)
                    ?? throw ComposeFaultException.BadValue($"the App Center does not understand the exposed port '{port.Text}' of the service {service}"),
                YamlKind.Integer or YamlKind.Bool or YamlKind.Float => AsInteger(port, service),
                _ => throw ComposeFaultException.WrongType($"an exposed port of the service {service} is neither text nor number"),
            };
            if (number == wanted)
            {
                return true;
            }
        }

        return false;
    }

    private void WritePorts()
    {
        foreach (var (_, service, table, _) in seen)
        {
            var ports = new YamlValue(YamlKind.List);
            ports.Items.AddRange(table.All.Select(p => YamlValue.Unquoted(
                protocols.TryGetValue(p.Container, out var protocol) ? $"{p.Host}:{p.Container}/{protocol}" : $"{p.Host}:{p.Container}")));
            service.Set("ports", ports);
        }
    }

    private void AddEnvFile(YamlValue content)
    {
        if (settings.EnvFile is not { } file)
        {
            return;
        }

        foreach (var (_, service) in Services(content).Where(s => settings.InjectsEverywhere || s.Name.Identity == "t:" + settings.MainService))
        {
            var files = service.Get("env_file");
            if (files?.Truthy != true)
            {
                files = new YamlValue(YamlKind.List);
                service.Set("env_file", files);
            }

            if (files.IsText && files.Text.Contains(file, StringComparison.Ordinal))
            {
                continue;
            }

            if (files.IsUnknown)
            {
                continue;
            }

            if (!files.IsList)
            {
                throw ComposeFaultException.WrongType("'env_file' is not a list, and the App Center wants to add one");
            }

            if (!files.Items.Any(i => i.IsText && i.Text == file))
            {
                files.Items.Add(YamlValue.Unquoted(file));
            }
        }
    }
}
