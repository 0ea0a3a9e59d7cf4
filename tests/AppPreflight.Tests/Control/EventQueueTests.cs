using AppPreflight.Runs;
using NUnit.Framework;

namespace AppPreflight.Control;

internal sealed class EventQueueTests
{
    [Test]
    public void Keeps_the_newest_of_what_moves_within_its_phase()
    {
        var queue = new EventQueue(100);
        RunEvent[] told =
        [
            new BytesMoved("pull", "a", 1, 9), new BytesMoved("pull", "b", 1, 9), new BytesMoved("pull", "a", 2, 9), new BytesMoved("hash", "a", 5, 9),
            new PhaseStarted("next"),
            new BytesMoved("pull", "a", 3, 9), new BytesMoved("pull", "a", 4, 9),
        ];
        foreach (var one in told) queue.Report(one);
        Assert.That(queue.Take(), Is.EqualTo(new[] { told[2], told[1], told[3], told[4], told[6] }));
        Assert.That(queue.Take(), Is.Empty);
    }

    [Test]
    public void Keeps_room_for_what_comes_once()
    {
        var queue = new EventQueue(10);
        for (var i = 0; i < 100; i++) queue.Report(new BytesMoved("pull", $"{i}", 1, null));
        Assert.That(queue.Count, Is.EqualTo(5));
        for (var i = 0; i < 100; i++) queue.Report(new Noted($"{i}"));
        Assert.That(queue.Take().OfType<Noted>().Select(noted => noted.Message), Is.EqualTo(new[] { "0", "1", "2", "3", "4" }));
    }

    [Test]
    public void Tells_when_there_is_something_to_take()
    {
        var queue = new EventQueue(10);
        Assert.That(queue.Arrived.IsCompleted, Is.False);
        queue.Report(new Noted("n"));
        Assert.That(queue.Arrived.IsCompleted);
        queue.Take();
        Assert.That(queue.Arrived.IsCompleted, Is.False);
    }
}
