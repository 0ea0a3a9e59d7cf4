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
            Journal = journal,
        };
    }

    private static RunPorts Ports(Settings settings, IJournal journal) => new(
        new AppCenterFiles(settings.Root, TimeProvider.System),
        new DockerImageStore(HostOf(settings), TimeProvider.System),
        (network, appliance) => RegistryOf(settings, network, appliance),
        journal,
        TimeProvider.System,
        new("linux", RuntimeInformation.ProcessArchitecture == Architecture.X64 ? "amd64" : RuntimeInformation.ProcessArchitecture.ToString()));

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
