using System.Net.Sockets;
using System.Runtime.InteropServices;
using AppPreflight.Agent;
using AppPreflight.AppCenter;
using AppPreflight.Apps;
using AppPreflight.Cli;
using AppPreflight.Control;
using AppPreflight.Docker;
using AppPreflight.Hardware;
using AppPreflight.Images;
using AppPreflight.Journal;
using AppPreflight.LayerStore;
using AppPreflight.Layouts;
using AppPreflight.Oci;
using AppPreflight.Pipeline;
using AppPreflight.Ports;
using AppPreflight.Reader;
using AppPreflight.Registry;

namespace AppPreflight;

/// <summary>Where ports meet adapters: the one place that says <c>new</c> to them.</summary>
internal static class Composition
{
    /// <param name="told">Takes sentences about the state directory (a broken report moved aside) that no report can carry.</param>
    public static RunDoors Open(Settings settings, Action<string> told)
    {
        var journal = JournalOf(settings, told);
        // status reads state only: engine, registry and catalogue are not even made before somebody runs
        var run = new Lazy<PreflightRun>(() => new(Ports(settings, new DockerImageStore(HostOf(settings), TimeProvider.System), journal)));
        return new()
        {
            AgentAsync = token => AgentAsync(settings, told, token),
            AgentStatusAsync = token => ControlClient.AskAsync(settings.Agent, TimeProvider.System, token),
            RunAsync = (request, events, token) => run.Value.RunAsync(request, events, token),
            VerifyAsync = (image, sides, events, token) => run.Value.VerifyAsync(image, sides, events, token),
            CompareAsync = async (a, b, wanted, events, token) =>
            {
                using var store = new DockerImageStore(HostOf(settings), TimeProvider.System);
                return await new CompareRun(PortsOf(settings, store), events).RunAsync(a, b, wanted, token);
            },
            InstalledAppsAsync = token => run.Value.InstalledAppsAsync(token),
            InstalledAtAGlanceAsync = token => new AppCenterFiles(RootOf(settings), TimeProvider.System).InstalledAppsAsync(token),
            Journal = journal,
        };
    }

    /// <summary>The agent, until the token ends it.</summary>
    /// <param name="hangUp">Takes what SIGHUP is to do from now on.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAgentAsync(Settings settings, Terminal terminal, Action<Action> hangUp, CancellationToken cancellationToken)
    {
        using var outlet = new LogOutlet(terminal.Environment, LogOutlet.JournalSocket, terminal.Error, settings.Verbose);
        using var notify = new SystemdNotify(terminal.Environment, terminal.ProcessId, terminal.Time);
        using var store = new DockerImageStore(HostOf(settings), terminal.Time);
        var isWell = await AgentHost.RunAsync(PartsOf(settings, store, outlet), notify, outlet, hangUp, cancellationToken);
        return isWell ? ExitCode.Pass : ExitCode.Bug;
    }

    /// <summary>The reader: one conversation on standard input, which systemd has made a connection to its socket.</summary>
    public static async Task<int> RunReaderAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        using var line = new LineSocket(ReaderSocket(), ReaderRequest.MaxBytes, time);
        await new ReaderSession(line, new EngineLayers(time), time).ServeAsync(cancellationToken);
        return ExitCode.Pass;
    }

    private static Socket ReaderSocket()
    {
        try
        {
            var socket = new Socket(new SafeSocketHandle(0, ownsHandle: false));
            if (socket.AddressFamily == AddressFamily.Unix && Peer.IsTrusted(socket)) return socket;
        }
        catch (SocketException)
        {
            // a terminal, a pipe, a file
        }

        throw new UsageException("reader is started by systemd, for each connection to /run/app-preflight-reader.sock");
    }

    private static AgentParts PartsOf(Settings settings, DockerImageStore store, LogOutlet outlet)
    {
        var root = RootOf(settings);
        var log = outlet.CreateLogger("AppPreflight");
        var journal = JournalOf(settings, log.Told);
        var ports = Ports(settings, store, journal);
        var run = new PreflightRun(ports);
        var config = new ConfigFile(root, settings.Config);
        return new()
        {
            Version = CommandLine.Version,
            RunAsync = run.RunAsync,
            InstalledAppsAsync = new AppCenterFiles(root, TimeProvider.System).InstalledAppsAsync,
            EngineEvents = store.Events.WatchAsync,
            AskEngineAsync = async token => (await store.ReadAsync(token)).Version,
            Appliance = new ApplianceWatch(root, config.FullName),
            ReadConfig = config.Read,
            Address = settings.Agent,
            Journal = journal,
            Scrub = new LayerScrub(ports),
            Time = TimeProvider.System,
        };
    }

    // the agent reads root's logins: whoever names others wants a run with those
    private static Task<ControlClient?> AgentAsync(Settings settings, Action<string> told, CancellationToken cancellationToken) =>
        Environment.GetEnvironmentVariable("DOCKER_CONFIG") is { Length: > 0 }
            ? Task.FromResult<ControlClient?>(null)
            : ControlClient.ConnectAsync(settings.Agent, told, TimeProvider.System, cancellationToken);

    private static RunPorts Ports(Settings settings, IImageStore store, IJournal journal) => new(
        new AppCenterFiles(RootOf(settings), TimeProvider.System),
        store,
        Layers(settings),
        (network, appliance) => RegistryOf(settings, network, appliance),
        journal,
        new ProofFile(settings.State),
        new TagFile(settings.State),
        new KernelSigns(settings.Root),
        TimeProvider.System,
        Host);

    private static Platform Host { get; } = new("linux", RuntimeInformation.ProcessArchitecture == Architecture.X64 ? "amd64" : RuntimeInformation.ProcessArchitecture.ToString());

    private static ComparePorts PortsOf(Settings settings, DockerImageStore store) => new(
        store,
        new AppCenterFiles(RootOf(settings), TimeProvider.System),
        (place, network, appliance) => place switch
        {
            ImagePlace.Registry => RegistryOf(settings, network, appliance),
            ImagePlace.Engine => store.Copies,
            _ => new LayoutCopies(place),
        },
        TimeProvider.System,
        Host);

    private static IJournal JournalOf(Settings settings, Action<string> told)
    {
        var journal = new JournalDirectory(settings.State, told);
        try
        {
            // a variable left in some shell must not kill a repair of this very host
            return settings.State != Settings.DefaultState && CrashPoint.Parse(Environment.GetEnvironmentVariable(CrashPoint.Variable)) is { } point ? new CrashingJournal(journal, settings.State, point) : journal;
        }
        catch (FormatException e)
        {
            throw new UsageException(e.Message);
        }
    }

    private static LayerDoor Layers(Settings settings) =>
        new(new EngineLayers(TimeProvider.System), Path.Join(settings.Root, LayerDoor.SocketPath), OwnRights.MayReadAll, TimeProvider.System);

    // a mistyped --root is no broken App Center cache
    private static string RootOf(Settings settings)
    {
        try
        {
            _ = File.GetAttributes(settings.Root);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new UsageException($"--root {settings.Root} is not there");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // one that this user may not look into is told by who reads in it
        }

        return settings.Root;
    }

    private static DockerHost HostOf(Settings settings)
    {
        try
        {
            return DockerHost.Parse(settings.Host);
        }
        catch (FormatException e)
        {
            throw new UsageException(e.Message);
        }
    }

    private static RegistryClient RegistryOf(Settings settings, EngineNetwork network, Appliance appliance) =>
        new(new RegistrySettings
        {
            Network = network,
            Root = settings.Root,
            DockerConfigFolder = Environment.GetEnvironmentVariable("DOCKER_CONFIG"),
            LicenceKey = appliance.Ucr["uuid/license"],
            HasAppCenter = appliance.Ucr["version/version"] is not null,
            AppCenterProxy = appliance.Ucr["proxy/http"],
        }, TimeProvider.System);
}
