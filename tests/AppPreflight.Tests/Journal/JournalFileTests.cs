using System.Diagnostics;
using AppPreflight.Ports;
using NUnit.Framework;

namespace AppPreflight.Journal;

internal sealed class JournalFileTests
{
    private StateDirectory state;

    [SetUp]
    public void MakeDirectory() => state = new StateDirectory();

    [TearDown]
    public void RemoveDirectory() => state.Dispose();

    [Test]
    public void Finds_nothing_unfinished_where_nothing_was_written() =>
        Assert.That(state.Open().Unfinished(), Is.Empty);

    [Test]
    public void Keeps_an_intent_open_until_its_own_outcome()
    {
        var journal = state.Open();
        journal.Append(StateDirectory.Intent(1));
        journal.Append(StateDirectory.Intent(2));
        journal.Append(StateDirectory.Intent(1, run: "r2"));
        journal.Append(StateDirectory.Outcome(1));
        Assert.That(state.Open().Unfinished(), Is.EqualTo(new[] { StateDirectory.Intent(2), StateDirectory.Intent(1, run: "r2") }));
    }

    [Test]
    public void Closes_an_intent_that_was_reconciled()
    {
        var journal = state.Open();
        journal.Append(StateDirectory.Intent(1));
        journal.Append(StateDirectory.Intent(1) with { Mark = JournalMark.Reconciled });
        Assert.That(journal.Unfinished(), Is.Empty);
    }

    [Test]
    public void Drops_a_last_line_torn_at_any_byte_and_goes_on_behind_it()
    {
        state.Open().Append(StateDirectory.Intent(1));
        var before = File.ReadAllBytes(state.JournalFile);
        state.Open().Append(StateDirectory.Intent(2));
        var whole = File.ReadAllBytes(state.JournalFile);
        for (var length = before.Length; length < whole.Length; length++)
        {
            File.WriteAllBytes(state.JournalFile, whole[..length]);
            Assert.That(state.Open().Unfinished().Select(line => line.Act), Is.EqualTo(new[] { 1 }), $"torn after {length} bytes");
            state.Open().Append(StateDirectory.Intent(3));
            Assert.That(state.Open().Unfinished().Select(line => line.Act), Is.EqualTo(new[] { 1, 3 }), $"written after a tear at {length}");
        }

        Assert.That(state.Told, Is.Empty);
    }

    [TestCase("not json")]
    [TestCase("{}")]
    [TestCase("null")]
    [TestCase("""{"mark":"intent","run":null,"act":7,"at":"2026-11-21T12:00:00+00:00"}""")]
    [TestCase("""{"mark":"other","run":"r1","act":7,"at":"2026-11-21T12:00:00+00:00"}""")]
    [TestCase("\0\0\0\0\0\0\0\0")]
    public void Skips_a_garbage_line_and_tells_so(string garbage)
    {
        var journal = state.Open();
        journal.Append(StateDirectory.Intent(1));
        File.AppendAllText(state.JournalFile, garbage + "\n");
        journal.Append(StateDirectory.Intent(2));
        Assert.That(journal.Unfinished().Select(line => line.Act), Is.EqualTo(new[] { 1, 2 }));
        Assert.That(state.Told, Is.EqualTo(new[] { $"{state.JournalFile}: 1 line is not of a journal and was skipped" }));
    }

    [Test]
    public void Keeps_line_breaks_of_a_subject_inside_its_line()
    {
        var intent = StateDirectory.Intent(1) with { Subject = "a\nb\r\u2028\"" };
        state.Open().Append(intent);
        Assert.That(state.Open().Unfinished(), Is.EqualTo(new[] { intent }));
    }

    [Test]
    public void Rotates_at_its_limit_and_keeps_what_is_unfinished()
    {
        var journal = state.Open();
        journal.Append(StateDirectory.Intent(1));
        var lines = Enumerable.Range(2, 3500).SelectMany(act => new[] { StateDirectory.Intent(act), StateDirectory.Outcome(act) });
        File.AppendAllBytes(state.JournalFile, [.. lines.SelectMany(JournalJson.Write)]);
        Assert.That(new FileInfo(state.JournalFile).Length, Is.GreaterThan(JournalFile.RotateAtBytes));
        journal.Append(StateDirectory.Intent(9999));
        Assert.That(new FileInfo(state.JournalFile).Length, Is.LessThan(1000));
        Assert.That(journal.Unfinished().Select(line => line.Act), Is.EqualTo(new[] { 1, 9999 }));
        Assert.That(new FileInfo(state.JournalFile + ".1").Length, Is.GreaterThan(JournalFile.RotateAtBytes));
    }

    [Test]
    public void Owes_the_names_of_a_purge_over_its_outcome_and_a_rotation_until_they_are_put_back()
    {
        var journal = state.Open();
        var purge = StateDirectory.Intent(1) with { Kind = Remedies.RemedyKind.Purge, Of = "sha256:00", Names = ["a:1", "b:1"] };
        journal.Append(purge);
        journal.Append(StateDirectory.Outcome(1));
        File.AppendAllBytes(state.JournalFile, [.. Enumerable.Range(2, 7000).SelectMany(act => JournalJson.Write(StateDirectory.Outcome(act)))]);
        journal.Append(StateDirectory.Intent(9999));
        Assert.That(new FileInfo(state.JournalFile).Length, Is.LessThan(2000));
        Assert.That(journal.Unfinished().Select(line => line.Act), Is.EqualTo(new[] { 9999 }), "what is owed is no interrupted act");
        Assert.That(journal.Owed().Single(), Has.Property("Of").EqualTo("sha256:00").And.Property("Names").EqualTo(purge.Names));
        journal.Append(purge with { Mark = JournalMark.PutBack, Names = [] });
        Assert.That(journal.Owed(), Is.Empty);
    }

    [Test]
    public void An_interrupted_purge_stays_so_although_its_names_were_put_back()
    {
        var journal = state.Open();
        var purge = StateDirectory.Intent(1) with { Kind = Remedies.RemedyKind.Purge, Of = "sha256:00", Names = ["a:1"] };
        journal.Append(purge);
        journal.Append(purge with { Mark = JournalMark.PutBack, Names = [] });
        Assert.That(journal.Unfinished().Select(line => line.Act), Is.EqualTo(new[] { 1 }), "nobody has looked at the image afresh");
        Assert.That(journal.Owed(), Is.Empty);
    }

    [Test]
    public void Lets_only_the_owner_look_in()
    {
        var inner = Path.Combine(state.FullName, "new", "state");
        new JournalDirectory(inner).Append(StateDirectory.Intent(1));
        Assert.That(File.GetUnixFileMode(inner), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute));
        Assert.That(File.GetUnixFileMode(Path.Combine(inner, "journal.jsonl")), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead));
    }

    [Test]
    public void Goes_on_although_a_reader_locks_the_files()
    {
        var journal = state.Open();
        journal.Append(StateDirectory.Intent(1));
        journal.Save(StateDirectory.ReportOf("a"));
        using var reader = Process.Start(new ProcessStartInfo("sh",
            ["-c", "exec 8<journal.jsonl 9<reports/a.json; flock -x 8; flock -x 9; echo held; read x"])
        { UseShellExecute = false, WorkingDirectory = state.FullName, RedirectStandardInput = true, RedirectStandardOutput = true })!;
        Assert.That(reader.StandardOutput.ReadLine(), Is.EqualTo("held"));
        journal.Append(StateDirectory.Outcome(1));
        Assert.That(journal.Unfinished(), Is.Empty);
        Assert.That(journal.LastReports(out var broken), Has.Count.EqualTo(1));
        Assert.That(broken, Is.Empty);
        reader.StandardInput.Close();
        reader.WaitForExit();
    }

    [Test]
    public void Names_the_state_directory_when_it_cannot_be_used()
    {
        var blocked = Path.Combine(state.FullName, "a-file");
        File.WriteAllText(blocked, "");
        var thrown = Assert.Throws<SourceException>(() => new JournalDirectory(Path.Combine(blocked, "state")).Append(StateDirectory.Intent(1)));
        Assert.That(thrown!.Message, Does.StartWith($"the state directory {blocked}/state can't be used: "));
        Assert.That(thrown.What.From, Is.EqualTo(Images.Source.Journal));
    }

    [Test]
    public void Says_so_when_the_disk_is_full()
    {
        // every write to /dev/full is answered with ENOSPC
        File.CreateSymbolicLink(Path.Combine(state.FullName, "journal.jsonl"), "/dev/full");
        var thrown = Assert.Throws<SourceException>(() => state.Open().Append(StateDirectory.Intent(1)));
        Assert.That(thrown!.Message, Does.EndWith("no space left on the device"));
    }
}
