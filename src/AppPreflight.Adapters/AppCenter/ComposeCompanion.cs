using AppPreflight.Apps;
using AppPreflight.Ports;

namespace AppPreflight.AppCenter;

/// <summary>Finds what belongs to a release's compose file: its option values, and what lies in the app's run directory.</summary>
/// <remarks>Source: appcenter-docker/docker.py, MultiDocker; appcenter/app.py, get_compose_dir().</remarks>
internal sealed class ComposeCompanion(Fence root)
{
    public const int MaxBytes = 4 * 1024 * 1024;

    /// <param name="content">The bytes of the file; they are parsed when somebody asks for the images, not before.</param>
    public ComposeImages Of(AppRelease release, byte[] content, bool hasEnvFile)
    {
        var folder = $"{CachePaths.AppFolders}/{release.Id}/compose";
        return new(new ComposeRelease
        {
            AppId = release.Id,
            MainService = release.DockerMainService ?? "",
            Template = () => content,
            InjectEnvFile = release.DockerInjectEnvFile,
            HasEnvFile = hasEnvFile,
            Volumes = release.DockerVolumes,
            HostCertificateAccess = release.HostCertificateAccess,
            Override = () => Read(folder + "/docker-compose.override.yml"),
            FileExists = path => Exists(folder, path),
        });
    }

    // The rule knows files as the system does, not as a source of a run.
    private byte[]? Read(string name)
    {
        try
        {
            return root.Read(name, MaxBytes);
        }
        catch (SourceException fault)
        {
            throw new IOException(fault.Message, fault);
        }
    }

    private bool Exists(string folder, string path) =>
        File.Exists(Path.IsPathRooted(path) ? Path.Join(root.Path, path) : Path.Join(root.Path, folder, path));
}
