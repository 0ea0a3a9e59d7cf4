using System.Diagnostics;
using AppPreflight.Checks;
using AppPreflight.Ports;
using AppPreflight.Runs;
using NUnit.Framework;

namespace AppPreflight.Journal;

internal sealed class RunArchiveTests
{
    private StateDirectory state;

    [SetUp]
    public void MakeDirectory() => state = new StateDirectory();

    [TearDown]
    public void RemoveDirectory() => state.Dispose();

    [Test]
    public void Gives_back_each_report_whole_and_names_them_newest_first()
    {
        var journal = state.Open();
        journal.Keep(ReportAt(1));
        journal.Keep(ReportAt(3) with { Verdict = Verdict.Fail, Notes = ["kept whole"] });
        journal.Keep(ReportAt(2));
        Assert.That(state.Open().Runs(), Is.EqualTo(new[] { KeyAt(3), KeyAt(2), KeyAt(1) }));
        Assert.That(ReportJson.Write(state.Open().FindRun(KeyAt(3))!), Is.EqualTo(ReportJson.Write(ReportAt(3) with { Verdict = Verdict.Fail, Notes = ["kept whole"] })));
        Assert.That(File.GetUnixFileMode(Run(KeyAt(3))), Is.EqualTo(StateFolder.ReadableByGroup));
        Assert.That(journal.LastReports(out _), Is.Empty);
    }

    [Test]
    public void Keeps_the_newest_fifty()
    {
        var journal = state.Open();
        for (var minute = 0; minute < 60; minute++) journal.Keep(ReportAt(minute));
        Assert.That(journal.Runs(), Is.EqualTo(Enumerable.Range(10, 50).Reverse().Select(KeyAt)));
        Assert.That(Directory.GetFiles(Run("")[..^5]), Has.Length.EqualTo(50));
    }

    [Test]
    public void Makes_room_in_bytes_too_and_never_of_the_newest()
    {
        var journal = state.Open();
        var large = ReportAt(0) with { Notes = [.. Enumerable.Repeat(new string('x', 1000), 12_000)] };
        for (var minute = 0; minute < 7; minute++) journal.Keep(large with { Run = KeyAt(minute), Finished = ReportAt(minute).Finished });
        Assert.That(journal.Runs(), Is.EqualTo(Enumerable.Range(2, 5).Reverse().Select(KeyAt)));
        Assert.That(new DirectoryInfo(Path.Combine(state.FullName, "runs")).EnumerateFiles().Sum(file => file.Length), Is.LessThan(RunArchive.MostBytes));
    }

    [Test]
    public void Refuses_a_report_that_it_could_not_read_again()
    {
        var journal = state.Open();
        var endless = ReportAt(0) with { Notes = [.. Enumerable.Repeat(new string('x', 1000), 17_000)] };
        Assert.That(Assert.Throws<SourceException>(() => journal.Keep(endless))!.Message, Does.EndWith("is larger than 16 MiB and is not kept"));
        Assert.That(journal.Runs(), Is.Empty);
    }

    [Test]
    public void Lets_runs_of_a_clock_that_was_wrong_go_first()
    {
        var journal = state.Open();
        var future = ReportAt(0) with { Run = "20990101T000000Z-abcdef", Finished = StateDirectory.Noon.AddYears(73) };
        journal.Keep(future);
        for (var minute = 0; minute < 50; minute++) journal.Keep(ReportAt(minute));
        Assert.That(journal.Runs(), Has.Count.EqualTo(50).And.None.EqualTo(future.Run));
    }

    [Test]
    public void Keeps_the_run_that_ended_just_now_when_the_clock_went_back()
    {
        var journal = state.Open();
        for (var minute = 10; minute < 60; minute++) journal.Keep(ReportAt(minute));
        journal.Keep(ReportAt(0));
        Assert.That(journal.Runs(), Has.Count.EqualTo(50).And.Some.EqualTo(KeyAt(0)));
    }

    [Test]
    public void Clears_away_in_time_what_a_crash_left_half_written_and_touches_nothing_else()
    {
        var journal = state.Open();
        journal.Keep(ReportAt(0));
        File.WriteAllText(Run(KeyAt(0)) + ".tmp", "half");
        File.CreateSymbolicLink(Run(KeyAt(1)), "/nowhere");
        File.WriteAllText(Run("20261121T110000Z-foreign"), "somebody's");
        for (var minute = 5; minute < 55; minute++) journal.Keep(ReportAt(minute));
        Assert.That(journal.Runs(), Is.EqualTo(Enumerable.Range(5, 50).Reverse().Select(KeyAt)));
        Assert.That(Directory.GetFiles(Path.Combine(state.FullName, "runs")), Has.Length.EqualTo(51));
    }

    [TestCase("../reports/kelvin")]
    [TestCase("20261121T120000Z-../../x")]
    [TestCase("20261121T120000Z-ABCDEF")]
    [TestCase("20261121T120000Z-abcdef\n")]
    [TestCase("٢٠٢٦١١٢١T120000Z-abcdef")]
    [TestCase("")]
    public void Reads_nothing_outside_the_folder(string run)
    {
        var journal = state.Open();
        journal.Save(StateDirectory.ReportOf("kelvin"));
        journal.Keep(ReportAt(0));
        Assert.That(RunKey.IsWellFormed(run), Is.False);
        Assert.That(journal.FindRun(run), Is.Null);
        Assert.Throws<ArgumentException>(() => journal.Keep(ReportAt(0) with { Run = run }));
    }

    [TestCase("")]
    [TestCase("garbage")]
    [TestCase("{}")]
    [TestCase("""{"schema":"app-preflight/report/9"}""")]
    public void Says_in_one_sentence_that_a_file_is_broken(string content)
    {
        var journal = state.Open();
        journal.Keep(ReportAt(0));
        journal.Keep(ReportAt(1));
        File.WriteAllText(Run(KeyAt(0)), content);
        var thrown = Assert.Throws<SourceException>(() => journal.FindRun(KeyAt(0)));
        Assert.That(thrown!.Message, Does.StartWith($"{Run(KeyAt(0))} is broken (").And.EndWith("; the reports of other runs are not affected"));
        Assert.That(journal.FindRun(KeyAt(1)), Is.Not.Null);
    }

    [Test]
    public void Says_that_a_file_holds_the_report_of_another_run()
    {
        var journal = state.Open();
        journal.Keep(ReportAt(0));
        File.Move(Run(KeyAt(0)), Run(KeyAt(1)));
        Assert.That(Assert.Throws<SourceException>(() => journal.FindRun(KeyAt(1)))!.Message, Does.Contain("the report of another run"));
    }

    [Test]
    public void Waits_for_no_pipe()
    {
        var journal = state.Open();
        journal.Keep(ReportAt(0));
        using (var made = Process.Start(new ProcessStartInfo("mkfifo", [Run(KeyAt(1))]) { UseShellExecute = false })!) made.WaitForExit();
        Assert.Throws<SourceException>(() => journal.FindRun(KeyAt(1)));
    }

    [Test]
    public void Knows_no_run_where_none_was_kept()
    {
        Assert.That(state.Open().Runs(), Is.Empty);
        Assert.That(state.Open().FindRun(KeyAt(0)), Is.Null);
    }

    [Test]
    public void Makes_no_state_directory()
    {
        var absent = Path.Combine(state.FullName, "absent");
        new JournalDirectory(absent).Keep(ReportAt(0));
        Assert.That(Directory.Exists(absent), Is.False);
    }

    [Test]
    public void Says_why_a_report_could_not_be_kept_and_leaves_nothing_behind()
    {
        var journal = state.Open();
        journal.Keep(ReportAt(0));
        File.CreateSymbolicLink(Run(KeyAt(1)) + ".tmp", "/dev/full");
        Assert.That(Assert.Throws<SourceException>(() => journal.Keep(ReportAt(1)))!.Message, Does.EndWith("no space left on the device"));
        Assert.That(journal.Runs(), Is.EqualTo(new[] { KeyAt(0) }));
    }

    private static string KeyAt(int minute) => $"20261121T12{minute:00}00Z-abcdef";

    private static PreflightReport ReportAt(int minute) =>
        StateDirectory.ReportOf("kelvin") with { Run = KeyAt(minute), Finished = StateDirectory.Noon.AddMinutes(minute) };

    private string Run(string key) => Path.Combine(state.FullName, "runs", key + ".json");
}
