using System.Globalization;

namespace AppPreflight.Rehearsal;

/// <summary>What a reader has to know of the machine and of the peers to place the figures.</summary>
internal static class BenchMachine
{
    public static async Task<IReadOnlyList<(string Name, string Value)>> DescribeAsync(string program, CancellationToken cancellationToken)
    {
        // asked first: what follows is load of our own
        var load = Load();
        return
        [
            ("processor", $"{Field("/proc/cpuinfo", "model name") ?? "?"}, {Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture)} cores, SHA instructions: {(HasShaInstructions() ? "yes" : "no")}"),
            ("memory", Field("/proc/meminfo", "MemTotal") ?? "?"),
            ("kernel", Field("/proc/sys/kernel/osrelease", "") ?? "?"),
            ("app-preflight", await VersionAsync(program, "--version", cancellationToken)),
            ("docker", await VersionAsync(Programs.Docker, "--version", cancellationToken)),
            ("dockerd", await VersionAsync(Programs.DockerDaemon, "--version", cancellationToken)),
            ("unpigz (docker pull uses it)", File.Exists("/usr/bin/unpigz") ? "installed" : "not installed"),
            ("skopeo", await VersionAsync(Programs.Skopeo, "--version", cancellationToken)),
            ("openssl", await VersionAsync(Programs.OpenSsl, "version", cancellationToken)),
            ("docker-registry", await VersionAsync(Programs.Registry, "--version", cancellationToken)),
            ("load when it began", load),
        ];
    }

    /// <summary>How many processes wanted a processor in the last minute. The bench itself makes two or three; more is others' work, and noise.</summary>
    public static string Load() => Field("/proc/loadavg", "")?.Split(' ')[0] ?? "?";

    private static async Task<string> VersionAsync(string program, string word, CancellationToken cancellationToken) =>
        (await Lap.RunAsync(program, [word], cancellationToken)).Output.Split('\n')[0].Trim();

    private static bool HasShaInstructions() => Field("/proc/cpuinfo", "flags") is { } flags && flags.Split(' ').Contains("sha_ni", StringComparer.Ordinal);

    // the first line that starts so, without what stands before its colon
    private static string? Field(string path, string start)
    {
        var line = File.ReadLines(path).FirstOrDefault(text => text.StartsWith(start, StringComparison.Ordinal));
        return line?[(start.Length == 0 ? 0 : line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }
}
