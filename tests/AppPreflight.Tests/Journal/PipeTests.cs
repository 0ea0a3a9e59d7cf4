using System.Diagnostics;
using AppPreflight.Ports;
using NUnit.Framework;

namespace AppPreflight.Journal;

/// <summary>A named pipe where a file is expected: opened like a file, it waits for a partner for ever, and so would 'status'.</summary>
internal sealed class PipeTests
{
    private StateDirectory state;

    [SetUp]
    public void MakeDirectory() => state = new StateDirectory();

    [TearDown]
    public void RemoveDirectory() => state.Dispose();

    [Test]
    [CancelAfter(10_000)]
    public async Task Names_a_report_that_is_a_pipe_and_goes_on(CancellationToken cancellationToken)
    {
        state.Open().Save(StateDirectory.ReportOf("kelvin"));
        MakePipe(state.Report("wiki.json"));
        var (reports, broken) = await Task.Run(() => (state.Open().LastReports(out var told), told), cancellationToken).WaitAsync(cancellationToken);
        Assert.That(reports.Select(report => report.App), Is.EqualTo(new[] { "kelvin" }));
        Assert.That(broken, Has.Count.EqualTo(1).And.All.Contains("wiki.json").And.All.Contains("no regular file"));
    }

    [Test]
    [CancelAfter(10_000)]
    public async Task Refuses_a_journal_that_is_a_pipe(CancellationToken cancellationToken)
    {
        MakePipe(state.JournalFile);
        var reading = Task.Run(() => Assert.Throws<SourceException>(() => state.Open().Unfinished()), cancellationToken);
        Assert.That((await reading.WaitAsync(cancellationToken))!.Message, Does.Contain("no regular file"));
        var writing = Task.Run(() => Assert.Throws<SourceException>(() => state.Open().Append(StateDirectory.Intent(1))), cancellationToken);
        Assert.That((await writing.WaitAsync(cancellationToken))!.Message, Does.Contain("no regular file"));
    }

    [Test]
    [CancelAfter(10_000)]
    public async Task Refuses_a_lock_that_is_a_pipe(CancellationToken cancellationToken)
    {
        MakePipe(Path.Combine(state.FullName, "lock"));
        var taking = Task.Run(() => Assert.Throws<SourceException>(() => state.Open().TryLock(StateDirectory.Holder())), cancellationToken);
        Assert.That((await taking.WaitAsync(cancellationToken))!.Message, Does.Contain("no regular file"));
    }

    [Test]
    [CancelAfter(10_000)]
    public async Task Remembers_no_tags_from_a_pipe_and_writes_a_file_in_its_place(CancellationToken cancellationToken)
    {
        MakePipe(Path.Combine(state.FullName, "tags.json"));
        var memory = new TagFile(state.FullName);
        Assert.That(await Task.Run(memory.Recall, cancellationToken).WaitAsync(cancellationToken), Is.Empty);
        await Task.Run(() => memory.Remember([Images.TagNote.Of(Oci.ImageReference.Parse(Values.Name), Values.Served(), new("linux", "amd64"), StateDirectory.Noon)!]), cancellationToken).WaitAsync(cancellationToken);
        Assert.That(memory.Recall(), Has.Count.EqualTo(1));
    }

    private static void MakePipe(string path)
    {
        using var maker = Process.Start("/usr/bin/mkfifo", [path]);
        maker.WaitForExit();
        Assert.That(maker.ExitCode, Is.Zero);
    }
}
