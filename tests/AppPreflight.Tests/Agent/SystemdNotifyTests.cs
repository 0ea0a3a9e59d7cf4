using NUnit.Framework;

namespace AppPreflight.Agent;

[CancelAfter(20_000)]
internal sealed class SystemdNotifyTests
{
    [TestCase(false)]
    [TestCase(true)]
    public async Task Tells_its_state_to_the_socket_it_was_given(bool isAbstract, CancellationToken cancellationToken)
    {
        await using var systemd = new DatagramListener(isAbstract);
        using var notify = Open(("NOTIFY_SOCKET", systemd.Address), ("WATCHDOG_USEC", "30000000"), ("WATCHDOG_PID", "4711"));
        notify.Ready();
        notify.Status("idle");
        notify.Alive();
        notify.Reloading();
        notify.Stopping();
        Assert.That(await systemd.NextTextAsync(cancellationToken), Is.EqualTo("READY=1"));
        Assert.That(await systemd.NextTextAsync(cancellationToken), Is.EqualTo("STATUS=idle"));
        Assert.That(await systemd.NextTextAsync(cancellationToken), Is.EqualTo("WATCHDOG=1"));
        Assert.That(await systemd.NextTextAsync(cancellationToken), Does.Match("^RELOADING=1\nMONOTONIC_USEC=[0-9]+$"));
        Assert.That(await systemd.NextTextAsync(cancellationToken), Is.EqualTo("STOPPING=1"));
        Assert.That(notify.WatchdogInterval, Is.EqualTo(TimeSpan.FromSeconds(15)));
    }

    [Test]
    public async Task Says_a_status_once_and_not_faster_than_anybody_reads(CancellationToken cancellationToken)
    {
        var time = new ManualTime(DateTimeOffset.UnixEpoch);
        await using var systemd = new DatagramListener();
        using var notify = new SystemdNotify(Environment(("NOTIFY_SOCKET", systemd.Address)), 4711, time);
        notify.Status("pulling 1 %");
        notify.Status("pulling 1 %");
        notify.Status("pulling 2 %", mayWait: true);
        time.GoOn(TimeSpan.FromSeconds(1));
        notify.Status("pulling 3 %", mayWait: true);
        notify.Status("idle\nREADY=1");
        notify.Stopping();
        var said = new List<string>();
        do said.Add(await systemd.NextTextAsync(cancellationToken));
        while (said[^1] != "STOPPING=1");
        Assert.That(said, Is.EqualTo(new[] { "STATUS=pulling 1 %", "STATUS=pulling 3 %", "STATUS=idle READY=1", "STOPPING=1" }), "one line, whatever is in it");
    }

    [TestCase("30000000", "4712")]
    [TestCase("0", "")]
    [TestCase("-5", "")]
    [TestCase("many", "")]
    [TestCase("99999999999999999999", "")]
    public async Task Feeds_no_watchdog_that_is_not_its_own(string microseconds, string pid, CancellationToken cancellationToken)
    {
        await using var systemd = new DatagramListener();
        using var notify = Open(("NOTIFY_SOCKET", systemd.Address), ("WATCHDOG_USEC", microseconds), ("WATCHDOG_PID", pid));
        Assert.That(notify.WatchdogInterval, Is.Null);
        notify.Alive();
        notify.Stopping();
        Assert.That(await systemd.NextTextAsync(cancellationToken), Is.EqualTo("STOPPING=1"));
    }

    [TestCase(null)]
    [TestCase("")]
    [TestCase("/nowhere/at/all")]
    [TestCase("/0123456789/0123456789/0123456789/0123456789/0123456789/0123456789/0123456789/0123456789/0123456789/0123456789/0123456789")]
    public void Goes_on_where_nobody_listens(string? address)
    {
        using var notify = Open(("NOTIFY_SOCKET", address));
        Assert.DoesNotThrow(notify.Ready);
    }

    private static SystemdNotify Open(params (string Name, string? Value)[] variables) => new(Environment(variables), 4711, TimeProvider.System);

    private static Func<string, string?> Environment(params (string Name, string? Value)[] variables) =>
        name => variables.FirstOrDefault(variable => variable.Name == name).Value;
}
