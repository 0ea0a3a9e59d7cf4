using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.Docker;

/// <summary>Turns the engine's answers into the values the checks know.</summary>
internal static class EngineReading
{
    /// <summary>What 20.10 and later put in place of a proxy's user and password (moby daemon/info.go, maskCredentials).</summary>
    private const string Mask = "xxxxx:xxxxx@";

    /// <exception cref="FormatException">A field without which nothing can be said is missing.</exception>
    public static EngineState State(InfoAnswer info, VersionAnswer version, bool isLocal, DataRootSpace? space, IReadOnlyList<StoredImage> images) => new()
    {
        Version = version.Version ?? throw new FormatException("the engine does not name its version"),
        Platform = PlatformOf(info, version),
        Driver = info.Driver ?? "",
        UsesContainerdStore = UsesContainerd(info),
        DataRoot = info.DockerRootDir ?? "",
        IsLocal = isLocal,
        IsRootless = HasSecurity(info, "name=rootless"),
        RemapsOwners = HasSecurity(info, "name=userns"),
        // moby daemon/graphdriver/overlay2, Status
        UnpacksThroughMount = info.DriverStatus?.Any(pair => pair is ["Native Overlay Diff", "false", ..]) == true,
        Network = Network(info),
        FreeBytes = space?.Bytes,
        FreeInodes = space?.Inodes,
        Images = images,
    };

    public static StoredImage Image(Digest id, ImageLine line, ImageAnswer answer)
    {
        var diffIds = Texts(answer.RootFS?.Layers).Select(Digest.TryParse).ToList();
        var image = Listed(id, line) with
        {
            Platform = string.IsNullOrEmpty(answer.Os) ? null : new Platform(answer.Os, answer.Architecture ?? "", answer.Variant).Normalised,
        };
        return diffIds.Contains(null)
            ? image with { Fault = new(Source.Engine, Fault.Malformed, $"the engine names a layer of {id.Short} by something that is no digest") { Subject = id.ToString() } }
            : image with { DiffIds = [.. diffIds.Select(diffId => new DiffId(diffId!))] };
    }

    public static StoredImage Listed(Digest id, ImageLine line) => new()
    {
        Id = id,
        Tags = Names(line.RepoTags),
        RepoDigests = Names(line.RepoDigests),
        SizeBytes = Math.Max(0, line.Size),
        Parent = Digest.TryParse(line.ParentId ?? ""),
    };

    public static ContainerUse Use(ContainerLine line)
    {
        var name = Texts(line.Names).FirstOrDefault()?.TrimStart('/');
        var id = line.Id ?? "";
        // a paused container has processes, a restarting one will have them in a moment (moby container/state.go, IsRunning)
        return new(id, string.IsNullOrEmpty(name) ? id : name, line.State is "running" or "paused" or "restarting")
        {
            // what "docker-compose run" made once is none of the service's own
            Project = Label(line, "oneoff") is "True" ? null : Label(line, "project"),
            Service = Label(line, "service"),
        };
    }

    private static string? Label(ContainerLine line, string name) => line.Labels?.GetValueOrDefault("com.docker.compose." + name);

    // Go's architecture of the daemon decides what it pulls; only for arm the kernel's word adds the variant
    private static Platform PlatformOf(InfoAnswer info, VersionAnswer version)
    {
        var os = string.IsNullOrEmpty(version.Os) ? "linux" : version.Os;
        var kernel = info.Architecture ?? "";
        return version.Arch switch
        {
            null or "" => new Platform(os, kernel).Normalised,
            "arm" when kernel.StartsWith("armv", StringComparison.Ordinal) => new Platform(os, kernel).Normalised,
            var architecture => new Platform(os, architecture).Normalised,
        };
    }

    // moby daemon/info.go, fillSecurityOptions: "name=seccomp,profile=default"
    private static bool HasSecurity(InfoAnswer info, string option) => Texts(info.SecurityOptions).Any(text => text.Split(',')[0] == option);

    /// <summary>Then images go by the digests of their manifests.</summary>
    public static bool UsesContainerd(InfoAnswer info) => info.DriverStatus?.Any(pair =>
        pair is ["driver-type", "io.containerd.snapshotter.v1", ..]) == true;

    private static EngineNetwork Network(InfoAnswer info) => new()
    {
        Mirrors = Texts(info.RegistryConfig?.Mirrors),
        InsecureNetworks = Texts(info.RegistryConfig?.InsecureNetworks),
        InsecureHosts = [.. (info.RegistryConfig?.IndexConfigs ?? new Dictionary<string, IndexAnswer?>())
            .Where(index => index.Value?.Secure == false).Select(index => index.Key).Order(StringComparer.Ordinal)],
        HttpProxy = Proxy(info.HttpProxy),
        HttpsProxy = Proxy(info.HttpsProxy),
        NoProxy = string.IsNullOrEmpty(info.NoProxy) ? null : info.NoProxy,
        HidesProxyCredentials = IsMasked(info.HttpProxy) || IsMasked(info.HttpsProxy),
    };

    // a mask is not a password: sent as one it would lock an account or fail with a riddle
    private static string? Proxy(string? text) =>
        string.IsNullOrEmpty(text) ? null : text.Replace(Mask, "", StringComparison.Ordinal);

    private static bool IsMasked(string? proxy) => proxy?.Contains(Mask, StringComparison.Ordinal) == true;

    // older engines write "<none>:<none>" where there is no name
    private static List<string> Names(IReadOnlyList<string?>? names) =>
        [.. Texts(names).Where(name => !name.StartsWith("<none>", StringComparison.Ordinal))];

    private static List<string> Texts(IReadOnlyList<string?>? texts) => [.. (texts ?? []).OfType<string>()];
}
