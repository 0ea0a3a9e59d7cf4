namespace AppPreflight.Rehearsal;

/// <summary>The real programs of Debian that a rehearsal runs, by full path: what else lies in PATH does not count.</summary>
internal static class Programs
{
    private static readonly string[] Folders = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"];

    public static string DockerDaemon => Find("dockerd", "docker.io");

    public static string Containerd => Find("containerd", "containerd");

    public static string ContainerdClient => Find("ctr", "containerd");

    public static string Registry => Find("docker-registry", "docker-registry");

    /// <summary>The static one: it has to run in an image without any library.</summary>
    public static string Busybox => Find("busybox", "busybox-static");

    public static string Docker => Find("docker", "docker.io");

    public static string Skopeo => Find("skopeo", "skopeo");

    public static string OpenSsl => Find("openssl", "openssl");

    private static string Find(string name, string package) =>
        Array.Find([.. Folders.Select(folder => Path.Combine(folder, name))], File.Exists)
        ?? throw new RehearsalException($"{name} not found: run tests/setup.sh (apt install {package})");
}
