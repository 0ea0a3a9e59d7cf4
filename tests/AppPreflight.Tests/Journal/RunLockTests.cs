using System.Diagnostics;
using AppPreflight.Ports;
using NUnit.Framework;

namespace AppPreflight.Journal;

internal sealed class RunLockTests
{
    private StateDirectory state;

    [SetUp]
    public void MakeDirectory() => state = new StateDirectory();

    [TearDown]
    public void RemoveDirectory() => state.Dispose();

    [Test]
    public void Refuses_a_second_run_and_says_who_holds_the_lock()
    {
        var first = state.Open().TryLock(StateDirectory.Holder());
        var second = state.Open().TryLock(StateDirectory.Holder() with { Run = "r2" });
        Assert.That(first.Lock, Is.Not.Null);
        Assert.That(second, Is.EqualTo(new LockAttempt(null, StateDirectory.Holder())));
        first.Lock!.Dispose();
    }

    [Test]
    public void Shows_the_holder_while_the_lock_is_held_and_nobody_after()
    {
        var attempt = state.Open().TryLock(StateDirectory.Holder());
        Assert.That(state.Open().Holder, Is.EqualTo(StateDirectory.Holder()));
        attempt.Lock!.Dispose();
        attempt.Lock.Dispose();
        Assert.That(state.Open().Holder, Is.Null);
        using var again = state.Open().TryLock(StateDirectory.Holder()).Lock;
        Assert.That(again, Is.Not.Null);
    }

    [Test]
    public void Makes_nothing_when_only_asked()
    {
        var nowhere = Path.Combine(state.FullName, "none");
        Assert.That(new JournalDirectory(nowhere).Holder, Is.Null);
        Assert.That(Directory.Exists(nowhere), Is.False);
    }

    [Test]
    public void Takes_a_lock_over_whose_holder_was_killed()
    {
        state.Open().TryLock(StateDirectory.Holder(process: int.MaxValue)).Lock!.Dispose();
        File.WriteAllText(Path.Combine(state.FullName, "holder"), """{"run":"r0","processId":2147483647,"verb":"repair","app":"kelvin","started":"2026-11-21T12:00:00+00:00"}""");
        Assert.That(state.Open().Holder, Is.Null);
        using var taken = state.Open().TryLock(StateDirectory.Holder()).Lock;
        Assert.That(state.Open().Holder, Is.EqualTo(StateDirectory.Holder()));
    }

    [TestCase("")]
    [TestCase("{")]
    [TestCase("{}")]
    [TestCase("null")]
    public void Refuses_a_second_run_although_the_holder_line_is_unreadable(string line)
    {
        using var first = state.Open().TryLock(StateDirectory.Holder()).Lock;
        File.WriteAllText(Path.Combine(state.FullName, "holder"), line);
        Assert.That(state.Open().TryLock(StateDirectory.Holder()), Is.EqualTo(new LockAttempt(null, null)));
    }

    [Test]
    public void Cannot_be_taken_by_who_may_only_read()
    {
        using var taken = state.Open().TryLock(StateDirectory.Holder()).Lock;
        Assert.That(File.GetUnixFileMode(Path.Combine(state.FullName, "lock")), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite), "flock(2) asks for no right to write");
    }

    [Test]
    public void Is_held_against_another_process_and_given_back_when_that_is_killed()
    {
        state.Open().TryLock(StateDirectory.Holder()).Lock!.Dispose();
        using var other = Process.Start(new ProcessStartInfo("flock", ["-x", Path.Combine(state.FullName, "lock"), "sh", "-c", "echo held; read x"])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        Assert.That(other.StandardOutput.ReadLine(), Is.EqualTo("held"));
        Assert.That(state.Open().TryLock(StateDirectory.Holder()), Is.EqualTo(new LockAttempt(null, null)));
        other.StandardInput.Close();
        other.WaitForExit();
        using var taken = state.Open().TryLock(StateDirectory.Holder()).Lock;
        Assert.That(taken, Is.Not.Null);
    }

    [Test]
    public void Is_got_by_one_of_many_and_never_lost_to_those_who_only_look()
    {
        using var stop = new CancellationTokenSource();
        state.Open().TryLock(StateDirectory.Holder()).Lock!.Dispose();
        var looker = new Thread(() =>
        {
            while (!stop.IsCancellationRequested) _ = state.Open().Holder;
        });
        looker.Start();
        var refused = 0;
        for (var i = 0; i < 200; i++)
        {
            var attempt = state.Open().TryLock(StateDirectory.Holder());
            if (attempt.Lock is null) refused++;
            attempt.Lock?.Dispose();
        }

        stop.Cancel();
        looker.Join();
        Assert.That(refused, Is.Zero);
    }
}
