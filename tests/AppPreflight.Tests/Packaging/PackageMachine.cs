using System.Diagnostics;
using System.Globalization;
using AppPreflight.Rehearsal;

namespace AppPreflight.Packaging;

/// <summary>
/// A Debian 12 under its own systemd (tests/package/machine.sh), thrown away at the end. It ends also when this process is killed,
/// for then its standard input closes.
/// </summary>
internal sealed class PackageMachine : IAsyncDisposable
{
    // a package with the stand-in's files: only what dpkg unpacks fires the triggers
    private const string PackAppCenter = """
        cd /srv && mkdir -p center/DEBIAN center/usr/lib/python3 center/etc/univention/registry.info/variables &&
        cp -r standin/dist-packages center/usr/lib/python3/ && chmod -R u=rwX,go=rX center &&
        printf 'Package: center\nVersion: 1\nArchitecture: all\nMaintainer: x <x@x.example>\nDescription: x\n' >center/DEBIAN/control &&
        touch center/etc/univention/registry.info/variables/center.cfg && dpkg-deb -Znone -b center . && rm -rf center
        """;

    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(40);

    private readonly Process script;
    private readonly int leader;

    private PackageMachine(Process script, int leader) => (this.script, this.leader) = (script, leader);

    /// <summary>Its root directory, as seen from here.</summary>
    public string Root => $"/proc/{leader}/root";

    /// <param name="tree">"bare" or "python".</param>
    /// <param name="files">Put into /srv.</param>
    /// <param name="cancellationToken">Ends the machine.</param>
    /// <exception cref="RehearsalException">It does not boot here; the message says why.</exception>
    public static Task<PackageMachine> BootAsync(string tree, string[] files, CancellationToken cancellationToken) =>
        BootAsync(tree, files, [], cancellationToken);

    /// <param name="tree">"bare" or "python".</param>
    /// <param name="files">Put into /srv.</param>
    /// <param name="binds">FROM:TO, folders of ours that are seen inside.</param>
    /// <param name="cancellationToken">Ends the machine.</param>
    /// <exception cref="RehearsalException">It does not boot here; the message says why.</exception>
    public static async Task<PackageMachine> BootAsync(string tree, string[] files, string[] binds, CancellationToken cancellationToken)
    {
        var trees = await PackageBuild.TreeFolder;
        string[] words = [Path.Combine(trees, tree), .. binds.Select(bind => $"--bind={bind}"), .. files];
        var start = new ProcessStartInfo(Path.Combine(PackageBuild.Source, "tests/package/machine.sh"), words)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        var begun = Process.Start(start) ?? throw new RehearsalException("cannot start tests/package/machine.sh");
        try
        {
            var said = await begun.StandardOutput.ReadLineAsync(cancellationToken);
            if (said?.Split(' ') is ["ready", var number]) return new(begun, int.Parse(number, CultureInfo.InvariantCulture));
            throw new RehearsalException($"no machine for the package's tests: {said ?? "machine.sh said nothing"}");
        }
        catch
        {
            await EndAsync(begun);
            throw;
        }
    }

    /// <summary>A machine on which `apt install ./app-preflight_*_amd64.deb` was done.</summary>
    public static async Task<PackageMachine> BootWithPackageAsync(CancellationToken cancellationToken)
    {
        var machine = await BootAsync("bare", [await PackageBuild.Package, Path.Combine(PackageBuild.Source, "debian/tests/smoke")], cancellationToken);
        await machine.InstallAsync(cancellationToken);
        return machine;
    }

    /// <summary>A machine with Python, our package and that of the App Center's stand-in, of which nothing is installed yet.</summary>
    /// <param name="files">More to put into /srv.</param>
    /// <param name="binds">FROM:TO, folders of ours that are seen inside.</param>
    /// <param name="cancellationToken">Ends the machine.</param>
    public static async Task<PackageMachine> BootWithAppCenterAtHandAsync(string[] files, string[] binds, CancellationToken cancellationToken)
    {
        string[] all = [await PackageBuild.Package, Path.Combine(PackageBuild.Source, "tests/standin"), .. files];
        var machine = await BootAsync("python", all, binds, cancellationToken);
        try
        {
            await machine.DoAsync(PackAppCenter, cancellationToken);
            return machine;
        }
        catch
        {
            await machine.DisposeAsync();
            throw;
        }
    }

    public Task InstallAppCenterAsync(CancellationToken cancellationToken) => AptAsync("install ./center_*.deb", cancellationToken);

    public Task InstallAsync(CancellationToken cancellationToken) => AptAsync("install ./app-preflight_*_amd64.deb", cancellationToken);

    /// <summary>apt-get, in /srv. Recommended packages are left out: an engine of its own is none of these tests' business.</summary>
    public async Task AptAsync(string words, CancellationToken cancellationToken) =>
        await DoAsync($"cd /srv && DEBIAN_FRONTEND=noninteractive apt-get -y -q --no-install-recommends {words}", cancellationToken);

    /// <summary>Runs shell text as root; returns what it wrote to both outputs, trimmed.</summary>
    /// <exception cref="RehearsalException">Its exit code is not 0.</exception>
    public async Task<string> DoAsync(string text, CancellationToken cancellationToken)
    {
        var (code, output) = await TryAsync(text, cancellationToken);
        return code == 0 ? output : throw new RehearsalException($"`{text}` ended with {code}: {output}");
    }

    public Task<(int Code, string Output)> TryAsync(string text, CancellationToken cancellationToken)
    {
        string[] words = ["-t", leader.ToString(CultureInfo.InvariantCulture), "--all", "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "sh", "-c", $"exec 2>&1; {text}"];
        return PackageBuild.TryAsync("nsenter", words, "/", cancellationToken);
    }

    /// <summary>One property of the service, as systemd tells it.</summary>
    public Task<string> PropertyAsync(string name, CancellationToken cancellationToken) =>
        DoAsync($"systemctl show --value -p {name} app-preflight.service", cancellationToken);

    /// <summary>Waits until a property of the service is what is wanted; the test's own time limit ends it.</summary>
    public async Task WaitAsync(string name, Func<string, bool> wanted, CancellationToken cancellationToken)
    {
        while (!wanted(await PropertyAsync(name, cancellationToken))) await Task.Delay(100, cancellationToken);
    }

    public ValueTask DisposeAsync() => EndAsync(script);

    private static async ValueTask EndAsync(Process running)
    {
        running.StandardInput.Close();
        using var limit = new CancellationTokenSource(EndLimit);
        try
        {
            await running.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            running.Kill(entireProcessTree: true);
        }

        running.Dispose();
    }
}
