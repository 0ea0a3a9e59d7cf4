using System.Runtime.InteropServices;
using AppPreflight.AppCenter;
using AppPreflight.Apps;
using AppPreflight.Cli;
using AppPreflight.Docker;
using AppPreflight.Images;
using AppPreflight.Journal;
using AppPreflight.Pipeline;
using AppPreflight.Ports;
using AppPreflight.Registry;

namespace AppPreflight;

/// <summary>Where ports meet adapters: the one place that says <c>new</c> to them.</summary>
internal static class Composition
{
    /// <param name="told">Takes sentences about the state directory (a broken report moved aside) that no report can carry.</param>
    public static RunDoors Open(Settings settings, Action<string> told)
    {
        var journal = new JournalDirectory(settings.State, told);
        // status reads state only: engine, registry and catalogue are not even made before somebody runs
        var run = new Lazy<PreflightRun>(() => new(Ports(settings, journal)));
        return new()
        {
            RunAsync = (request, events, token) => run.Value.RunAsync(request, events, token),
            VerifyAsync = (image, sides, events, token) => run.Value.VerifyAsync(image, sides, events, token),
            InstalledAppsAsync = token => run.Value.InstalledAppsAsync(token),
            InstalledAtAGlanceAsync = token => new AppCenterFiles(RootOf(settings), TimeProvider.System).InstalledAppsAsync(token),
            Journal = journal,
        };
    }

    private static RunPorts Ports(Settings settings, IJournal journal) => new(
        new AppCenterFiles(RootOf(settings), TimeProvider.System),
        new DockerImageStore(HostOf(settings), TimeProvider.System),
        (network, appliance) => RegistryOf(settings, network, appliance),
        journal,
        TimeProvider.System,
        new("linux", RuntimeInformation.ProcessArchitecture == Architecture.X64 ? "amd64" : RuntimeInformation.ProcessArchitecture.ToString()));

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
