using AppPreflight.Remedies;
using AppPreflight.Runs;
using NUnit.Framework;

namespace AppPreflight.Cli;

internal sealed class ProgressViewTests
{
    private Stage stage;

    [SetUp]
    public void SetTheStage() => stage = new Stage();

    [Test]
    public void Redraws_a_live_line_at_most_ten_times_a_second()
    {
        stage.IsTerminal = true;
        using var view = View();
        view.Report(new PhaseStarted("pulling"));
        var before = Drawn();
        for (var i = 0; i < 1000; i++)
        {
            stage.Clock.GoOn(TimeSpan.FromMilliseconds(1));
            view.Report(new BytesMoved("pull", "x:1", i * 1000, null));
        }

        Assert.That(Drawn() - before, Is.EqualTo(10));
    }

    [Test]
    public void Writes_a_plain_line_at_most_every_ten_seconds()
    {
        using var view = View();
        view.Report(new PhaseStarted("pulling"));
        for (var i = 1; i <= 250; i++)
        {
            stage.Clock.GoOn(TimeSpan.FromMilliseconds(100));
            view.Report(new BytesMoved("pull", "x:1", i * 1_000_000, 500_000_000));
        }

        Assert.That(stage.Error.ToString(), Is.EqualTo("""
            pulling
              pull x:1  100.0 MB of 500.0 MB  10.0 MB/s  40 s left
              pull x:1  200.0 MB of 500.0 MB  10.0 MB/s  30 s left

            """));
    }

    [Test]
    public void Sums_what_moves_at_the_same_time()
    {
        using var view = View();
        view.Report(new PhaseStarted("looking"));
        view.Report(new BytesMoved("read", "x:1", 0, 100_000_000));
        view.Report(new BytesMoved("hash", "x:2", 0, 100_000_000));
        stage.Clock.GoOn(TimeSpan.FromSeconds(10));
        view.Report(new BytesMoved("read", "x:1", 50_000_000, 100_000_000));
        Assert.That(stage.Error.ToString(), Does.EndWith("  read and hash 2 images  50.0 MB of 200.0 MB  5.0 MB/s  30 s left\n"));
    }

    [Test]
    public void Says_of_a_pull_that_has_arrived_that_it_is_being_unpacked()
    {
        using var view = View();
        view.Report(new BytesMoved("pull", "x:1", 0, 50_000_000));
        stage.Clock.GoOn(TimeSpan.FromSeconds(10));
        view.Report(new BytesMoved("pull", "x:1", 50_000_000, 50_000_000));
        Assert.That(stage.Error.ToString(), Is.EqualTo("  pull x:1  50.0 MB arrived, unpacking\n"));
    }

    [Test]
    public void Leaves_out_the_time_left_where_a_total_is_not_known()
    {
        using var view = View();
        view.Report(new BytesMoved("read", "x:1", 0, null));
        stage.Clock.GoOn(TimeSpan.FromSeconds(10));
        view.Report(new BytesMoved("read", "x:1", 50_000_000, null));
        Assert.That(stage.Error.ToString(), Is.EqualTo("  read x:1  50.0 MB  5.0 MB/s\n"));
    }

    [Test]
    public void Keeps_the_live_line_within_the_window_and_clears_it_at_the_end()
    {
        stage.IsTerminal = true;
        using (var view = View()) view.Report(new PhaseStarted(new string('x', 200) + "\e[31m"));
        var parts = stage.Error.ToString().Split("\r\e[K");
        Assert.That(parts, Is.EqualTo(new[] { "", new string('x', 76) + "...", "" }));
    }

    [Test]
    public void Keeps_what_was_done_and_noted_as_lines()
    {
        stage.IsTerminal = true;
        using (var view = View())
        {
            view.Report(new ActionStarted(RemedyKind.Pull, "x:1"));
            view.Report(new ActionEnded(RemedyKind.Pull, "x:1", ActionOutcome.Failed, "no\e[2J route"));
            view.Report(new ActionEnded(RemedyKind.AskOperator, "y", ActionOutcome.Planned, null));
            view.Report(new Noted("noted"));
        }

        Assert.That(stage.Error.ToString(), Is.EqualTo("\r\e[Kpull x:1 ...\r\e[Kpull x:1: failed, no [2J route\nnoted\n"));
    }

    [TestCase("--plain")]
    [TestCase("NO_COLOR")]
    public void Is_plain_when_told_so(string how)
    {
        stage.IsTerminal = true;
        if (how == "NO_COLOR") stage.Environment["NO_COLOR"] = "1";
        using var view = ProgressView.On(stage.Terminal, new Settings { Plain = how == "--plain" });
        view.Report(new PhaseStarted("reading"));
        Assert.That(stage.Error.ToString(), Is.EqualTo("reading\n"));
        Assert.That(stage.Terminal.UsesColours(new Settings { Plain = how == "--plain" }), Is.False);
    }

    [Test]
    public void Survives_a_standard_error_that_takes_nothing_more()
    {
        var terminal = stage.Terminal with { Error = new StreamWriter(File.Open("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) { AutoFlush = true } };
        using var view = ProgressView.On(terminal, new Settings());
        Assert.That(() => view.Report(new PhaseStarted("reading")), Throws.Nothing);
    }

    private ProgressView View() => ProgressView.On(stage.Terminal, new Settings());

    private int Drawn() => stage.Error.ToString().Split("\r\e[K").Length - 1;
}
