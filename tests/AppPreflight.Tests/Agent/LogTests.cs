using Microsoft.Extensions.Logging;
using NUnit.Framework;

namespace AppPreflight.Agent;

[CancelAfter(20_000)]
internal sealed class LogTests
{
    [Test]
    public async Task Sends_fields_to_journald(CancellationToken cancellationToken)
    {
        await using var journald = new DatagramListener();
        using var outlet = Open(journald.Address, new StringWriter(), ("JOURNAL_STREAM", "8:1"));
        outlet.CreateLogger("AppPreflight").Found("x:2.0.0", "the tag means another image", "kelvin", "r1", "tag-moved");
        Assert.That(await journald.NextTextAsync(cancellationToken), Is.EqualTo(
            "MESSAGE=x:2.0.0: the tag means another image\nPRIORITY=4\nSYSLOG_IDENTIFIER=app-preflight\nAPP=kelvin\nRUN=r1\nFINDING=tag-moved\n"));
    }

    [Test]
    public async Task Lets_no_message_forge_a_field(CancellationToken cancellationToken)
    {
        await using var journald = new DatagramListener();
        using var outlet = Open(journald.Address, new StringWriter(), ("NOTIFY_SOCKET", "/run/notify"));
        outlet.CreateLogger("AppPreflight").Told("one\nPRIORITY=0");
        var bytes = await journald.NextAsync(cancellationToken);
        Assert.That(bytes, Is.EqualTo((byte[])[.. "MESSAGE\n"u8, 14, 0, 0, 0, 0, 0, 0, 0, .. "one\nPRIORITY=0\nPRIORITY=4\nSYSLOG_IDENTIFIER=app-preflight\n"u8]));
    }

    [Test]
    public async Task Bounds_what_it_sends(CancellationToken cancellationToken)
    {
        await using var journald = new DatagramListener();
        using var outlet = Open(journald.Address, new StringWriter(), ("JOURNAL_STREAM", "8:1"));
        outlet.CreateLogger("AppPreflight").Found(new('s', 100_000), new('m', 100_000), new('a', 100_000), "r", "f");
        Assert.That(await journald.NextAsync(cancellationToken), Has.Length.LessThan(10_000));
    }

    [Test]
    public void Writes_priorities_for_systemd_and_plain_lines_for_people()
    {
        var (systemd, person) = (new StringWriter(), new StringWriter());
        using (var outlet = Open("/nowhere", systemd, ("JOURNAL_STREAM", "8:1"))) Say(outlet);
        using (var outlet = Open("/nowhere", person)) Say(outlet);
        Assert.That(systemd.ToString(), Is.EqualTo("<6>the agent ends\n<4>two lines\n"));
        Assert.That(person.ToString(), Is.EqualTo("app-preflight: the agent ends\napp-preflight: two lines\n"));

        static void Say(LogOutlet outlet)
        {
            var log = outlet.CreateLogger("AppPreflight");
            log.Ends();
            log.Told("two\nlines");
            log.BugTrace("a", "only for those who want to know");
        }
    }

    [Test]
    public void Falls_back_to_standard_error_when_journald_goes_away()
    {
        var error = new StringWriter();
        var path = Path.GetTempFileName();
        try
        {
            using var outlet = Open(path, error, ("JOURNAL_STREAM", "8:1"));
            outlet.CreateLogger("AppPreflight").Ends();
            Assert.That(error.ToString(), Is.EqualTo("<6>the agent ends\n"));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Test]
    public void Tells_the_place_of_a_bug_only_to_those_who_ask()
    {
        var error = new StringWriter();
        using var outlet = new LogOutlet(_ => null, "/nowhere", error, isVerbose: true);
        outlet.CreateLogger("AppPreflight").BugTrace("a", "at X");
        outlet.CreateLogger("Microsoft.Extensions.Hosting").Log(LogLevel.Information, 0, "chatter", null, (said, _) => said);
        Assert.That(error.ToString(), Is.EqualTo("app-preflight: a: the bug's place: at X\n"));
    }

    private static LogOutlet Open(string journald, TextWriter error, params (string Name, string Value)[] variables) =>
        new(name => variables.FirstOrDefault(variable => variable.Name == name).Value, journald, error, isVerbose: false);
}
