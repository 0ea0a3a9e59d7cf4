using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using NUnit.Framework;

namespace AppPreflight.Packaging;

/// <summary>The service as installed, under a real systemd.</summary>
[NonParallelizable]
internal sealed class PackageServiceTests
{
    private const string ReaderUnits = "systemctl list-units --plain --no-legend 'app-preflight-reader@*'";

    private PackageMachine machine = null!;

    [OneTimeSetUp]
    public async Task Install()
    {
        await PackageBuild.PrepareAsync();
        machine = await PackageMachine.BootWithPackageAsync(CancellationToken.None);
    }

    [OneTimeTearDown]
    public async Task End()
    {
        if (machine is not null) await machine.DisposeAsync();
    }

    [Test, CancelAfter(30_000)]
    public async Task Is_active_after_the_installation_and_tells_its_state(CancellationToken cancellationToken)
    {
        await ReadyAsync(cancellationToken);
        Assert.That(await machine.PropertyAsync("UnitFileState", cancellationToken), Is.EqualTo("enabled"));
        Assert.That(await machine.PropertyAsync("StatusText", cancellationToken), Is.Not.Empty);
    }

    [Test, CancelAfter(60_000)]
    public async Task Passes_the_smoke_test_that_it_brings(CancellationToken cancellationToken)
    {
        await ReadyAsync(cancellationToken);
        var (code, output) = await machine.TryAsync("sh /srv/smoke", cancellationToken);
        Assert.That(code, Is.Zero, output);
    }

    [Test, CancelAfter(30_000)]
    public async Task Answers_root_through_its_socket(CancellationToken cancellationToken)
    {
        await ReadyAsync(cancellationToken);
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint($"{machine.Root}/run/app-preflight/control.sock"), cancellationToken);
        await using var stream = new NetworkStream(socket);
        using var lines = new StreamReader(stream);
        var hello = JsonNode.Parse((await lines.ReadLineAsync(cancellationToken))!)!;
        Assert.That((string?)hello["schema"], Is.EqualTo("app-preflight/control/1"));
        Assert.That((string?)hello["access"], Is.EqualTo("run"));
    }

    [Test, CancelAfter(30_000)]
    public async Task Status_of_the_command_line_comes_from_the_agent(CancellationToken cancellationToken)
    {
        var pid = await ReadyAsync(cancellationToken);
        var (_, output) = await machine.TryAsync("app-preflight status --json 2>/dev/null", cancellationToken);
        Assert.That((int?)JsonNode.Parse(output)!["agent"]?["processId"], Is.EqualTo(int.Parse(pid, CultureInfo.InvariantCulture)), output);
    }

    [TestCase("adm", true)]
    [TestCase("nogroup", false)]
    [CancelAfter(30_000)]
    public async Task Lets_members_of_adm_ask_and_nobody_else(string group, bool expected, CancellationToken cancellationToken)
    {
        await ReadyAsync(cancellationToken);
        var reached = await machine.TryAsync($"setpriv --reuid=65534 --regid=65534 --groups={group} test -r /run/app-preflight/control.sock", cancellationToken);
        Assert.That(reached.Code == 0, Is.EqualTo(expected));
    }

    [Test, CancelAfter(30_000)]
    public async Task Is_exposed_by_no_more_than_1_6(CancellationToken cancellationToken)
    {
        await ReadyAsync(cancellationToken);
        var (code, output) = await machine.TryAsync("systemd-analyze security --no-pager --threshold=16 app-preflight.service", cancellationToken);
        Assert.That(code, Is.Zero, output);
    }

    [Test, CancelAfter(30_000)]
    public async Task Reader_is_exposed_by_no_more_than_1_6(CancellationToken cancellationToken)
    {
        var (code, output) = await machine.TryAsync("systemd-analyze security --no-pager --threshold=16 app-preflight-reader@x.service", cancellationToken);
        Assert.That(code, Is.Zero, output);
    }

    [Test, CancelAfter(30_000)]
    public async Task Reader_waits_behind_a_socket_that_is_roots_alone(CancellationToken cancellationToken)
    {
        Assert.That(await machine.DoAsync("systemctl is-active app-preflight-reader.socket; systemctl is-enabled app-preflight-reader.socket", cancellationToken), Is.EqualTo("active\nenabled"));
        Assert.That(await machine.DoAsync("stat -c '%a %U:%G' /run/app-preflight-reader.sock", cancellationToken), Is.EqualTo("600 root:root"));
    }

    [Test, CancelAfter(30_000)]
    public async Task Reader_answers_and_ends_with_its_connection(CancellationToken cancellationToken)
    {
        using (var socket = await CallReaderAsync(cancellationToken))
        {
            await using var stream = new NetworkStream(socket);
            using var lines = new StreamReader(stream);
            await stream.WriteAsync("{}\n"u8.ToArray(), cancellationToken);
            var answer = JsonNode.Parse((await lines.ReadLineAsync(cancellationToken))!)!;
            Assert.That(((string?)answer["type"], (string?)answer["fault"]), Is.EqualTo(("obstacle", "malformed")));
        }

        while ((await machine.DoAsync(ReaderUnits, cancellationToken)).Length > 0) await Task.Delay(100, cancellationToken);
        Assert.That(await machine.DoAsync("systemctl list-units --failed --plain --no-legend 'app-preflight*'", cancellationToken), Is.Empty);
    }

    [Test, CancelAfter(30_000)]
    public async Task Reader_has_two_capabilities_no_network_and_no_place_to_write_to(CancellationToken cancellationToken)
    {
        using var socket = await CallReaderAsync(cancellationToken);
        string pid;
        do pid = await machine.DoAsync($"systemctl show --value -p MainPID $({ReaderUnits} | cut -d' ' -f1) || true", cancellationToken);
        while (!int.TryParse(pid, out var number) || number == 0);
        while (!(await machine.DoAsync($"tr '\\0' ' ' </proc/{pid}/cmdline", cancellationToken)).EndsWith("reader", StringComparison.Ordinal)) await Task.Delay(50, cancellationToken);

        var rights = await machine.DoAsync($"grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/{pid}/status | tr '\\t\\n' '  '", cancellationToken);
        Assert.That(rights.Trim(), Is.EqualTo("CapEff: 0000000000200004 CapBnd: 0000000000200004 NoNewPrivs: 1 Seccomp: 2"));
        Assert.That(await machine.DoAsync($"nsenter -t {pid} --net cat /proc/net/dev | tail -n +3 | cut -d: -f1 | tr -d ' '", cancellationToken), Is.EqualTo("lo"));
        foreach (var place in new[] { "/etc", "/var/lib", "/var/lib/app-preflight", "/run", "/dev/shm", "/home", "/usr/lib/app-preflight" })
        {
            var (code, output) = await machine.TryAsync($"nsenter -t {pid} --mount touch {place}/probe", cancellationToken);
            Assert.That(code, Is.Not.Zero, $"{place}: {output}");
        }
    }

    [Test, CancelAfter(30_000)]
    public async Task Unit_has_no_fault_that_systemd_finds(CancellationToken cancellationToken)
    {
        var (code, output) = await machine.TryAsync("systemd-analyze verify --man=no app-preflight.service app-preflight-reader.socket app-preflight-reader@x.service", cancellationToken);
        Assert.That((code, output), Is.EqualTo((0, "")));
    }

    [Test, CancelAfter(30_000)]
    public async Task Has_no_capability_and_the_group_adm(CancellationToken cancellationToken)
    {
        var pid = await ReadyAsync(cancellationToken);
        var status = await machine.DoAsync($"grep -E '^(Cap|Uid|Gid|NoNewPrivs|Seccomp:)' /proc/{pid}/status", cancellationToken);
        Assert.That(status.Split('\n').Select(line => line.Split('\t', 2)).Select(field => (field[0], field[1])), Is.EquivalentTo(new[]
        {
            ("Uid:", "0\t0\t0\t0"), ("Gid:", "4\t4\t4\t4"), ("NoNewPrivs:", "1"), ("Seccomp:", "2"),
            ("CapInh:", "0000000000000000"), ("CapPrm:", "0000000000000000"), ("CapEff:", "0000000000000000"),
            ("CapBnd:", "0000000000000000"), ("CapAmb:", "0000000000000000"),
        }));
    }

    [TestCase("/var/lib/app-preflight", "750 root:adm")]
    [TestCase("/run/app-preflight", "750 root:adm")]
    [TestCase("/run/app-preflight/control.sock", "660 root:adm")]
    [CancelAfter(30_000)]
    public async Task Opens_to_the_group_adm(string path, string expected, CancellationToken cancellationToken)
    {
        await ReadyAsync(cancellationToken);
        Assert.That(await machine.DoAsync($"stat -c '%a %U:%G' {path}", cancellationToken), Is.EqualTo(expected));
    }

    [TestCase("cat /root/.docker/config.json", TestName = "Sees_the_logins_of_root_that_were_made_after_its_start")]
    [TestCase("touch /var/lib/app-preflight/probe && rm /var/lib/app-preflight/probe", TestName = "May_write_its_state")]
    [CancelAfter(30_000)]
    public async Task Can(string act, CancellationToken cancellationToken)
    {
        var pid = await ReadyAsync(cancellationToken);
        await machine.DoAsync("mkdir -p /root/.docker && echo '{}' >/root/.docker/config.json", cancellationToken);
        var (code, output) = await machine.TryAsync($"nsenter -t {pid} --mount sh -c '{act}'", cancellationToken);
        Assert.That(code, Is.Zero, output);
    }

    [TestCase("touch /etc/probe", "Read-only file system")]
    [TestCase("touch /var/lib/probe", "Read-only file system")]
    [TestCase("touch /usr/lib/app-preflight/probe", "Read-only file system")]
    [TestCase("touch /root/probe", "Read-only file system")]
    [TestCase("test -s /etc/shadow", "")]
    [TestCase("ls /home/somebody", "No such file or directory")]
    [CancelAfter(30_000)]
    public async Task Cannot(string act, string error, CancellationToken cancellationToken)
    {
        var pid = await ReadyAsync(cancellationToken);
        await machine.DoAsync("mkdir -p /home/somebody", cancellationToken);
        // its namespace only: we have more capabilities than the service
        var (code, output) = await machine.TryAsync($"nsenter -t {pid} --mount sh -c '{act}'", cancellationToken);
        Assert.That(code, Is.Not.Zero);
        Assert.That(output, Does.Contain(error));
    }

    [Test, CancelAfter(60_000)]
    public async Task Writes_the_node_exporters_folder_when_there_is_one(CancellationToken cancellationToken)
    {
        await machine.DoAsync("mkdir -p /var/lib/prometheus/node-exporter && systemctl restart app-preflight.service", cancellationToken);
        var pid = await ReadyAsync(cancellationToken);
        Assert.That(await machine.DoAsync($"nsenter -t {pid} --mount touch /var/lib/prometheus/node-exporter/probe.prom", cancellationToken), Is.Empty);
    }

    [Test, CancelAfter(60_000)]
    public async Task Is_restarted_after_a_crash(CancellationToken cancellationToken)
    {
        var before = await ReadyAsync(cancellationToken);
        await machine.DoAsync($"kill -KILL {before}", cancellationToken);
        await machine.WaitAsync("MainPID", pid => pid != before && pid != "0", cancellationToken);
        Assert.That(await ReadyAsync(cancellationToken), Is.Not.EqualTo(before));
    }

    [Test, CancelAfter(90_000)]
    public async Task Is_restarted_by_the_watchdog_when_it_hangs(CancellationToken cancellationToken)
    {
        var before = await ReadyAsync(cancellationToken);
        await machine.DoAsync($"kill -STOP {before}", cancellationToken);
        await machine.WaitAsync("MainPID", pid => pid != before && pid != "0", cancellationToken);
        Assert.That(await ReadyAsync(cancellationToken), Is.Not.EqualTo(before));
        Assert.That(await machine.DoAsync("journalctl -u app-preflight.service -o cat --no-pager", cancellationToken), Does.Contain("Watchdog timeout"));
    }

    [Test, CancelAfter(60_000)]
    public async Task Stops_within_five_seconds_as_a_success_and_leaves_nothing_in_run(CancellationToken cancellationToken)
    {
        await ReadyAsync(cancellationToken);
        var watch = Stopwatch.StartNew();
        await machine.DoAsync("systemctl stop app-preflight.service", cancellationToken);
        Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(5)));
        Assert.That(await machine.PropertyAsync("Result", cancellationToken), Is.EqualTo("success"));
        Assert.That(await machine.PropertyAsync("ExecMainStatus", cancellationToken), Is.EqualTo("0"));
        Assert.That(Path.Exists($"{machine.Root}/run/app-preflight"), Is.False);
    }

    [Test, CancelAfter(60_000)]
    public async Task Reload_leaves_the_same_process_running(CancellationToken cancellationToken)
    {
        var before = await ReadyAsync(cancellationToken);
        await machine.DoAsync("systemctl reload app-preflight.service", cancellationToken);
        Assert.That(await ReadyAsync(cancellationToken), Is.EqualTo(before));
    }

    [Test, CancelAfter(60_000)]
    public async Task Runs_on_with_a_configuration_that_is_broken(CancellationToken cancellationToken)
    {
        var before = await ReadyAsync(cancellationToken);
        await machine.DoAsync("echo 'auto: [' >>/etc/app-preflight/config.yaml && systemctl reload app-preflight.service", cancellationToken);
        try
        {
            Assert.That(await ReadyAsync(cancellationToken), Is.EqualTo(before));
            await machine.DoAsync("systemctl restart app-preflight.service", cancellationToken);
            await ReadyAsync(cancellationToken);
        }
        finally
        {
            await machine.DoAsync("sed -i '/^auto: \\[/d' /etc/app-preflight/config.yaml && systemctl reload app-preflight.service", CancellationToken.None);
        }
    }

    private async Task<Socket> CallReaderAsync(CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint($"{machine.Root}/run/app-preflight-reader.sock"), cancellationToken);
        return socket;
    }

    // what the tests before left is not this one's: started if it is not, and its process
    private async Task<string> ReadyAsync(CancellationToken cancellationToken)
    {
        await machine.DoAsync("systemctl reset-failed app-preflight.service; systemctl start app-preflight.service", cancellationToken);
        await machine.WaitAsync("ActiveState", state => state == "active", cancellationToken);
        var pid = await machine.PropertyAsync("MainPID", cancellationToken);
        Assert.That(int.Parse(pid, CultureInfo.InvariantCulture), Is.Positive);
        return pid;
    }
}
