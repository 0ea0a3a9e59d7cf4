using AppPreflight.Runs;

namespace AppPreflight.Cli;

/// <summary>Bytes of one phase, summed over all that moves at the same time: how many, how fast, how long yet.</summary>
internal sealed class ByteRate(TimeProvider time)
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ShortestBase = TimeSpan.FromSeconds(1);

    private readonly Dictionary<(string Verb, string Subject), BytesMoved> latest = [];
    private readonly Queue<(DateTimeOffset At, long Bytes)> samples = new();

    public void Restart()
    {
        latest.Clear();
        samples.Clear();
    }

    public void Add(BytesMoved moved)
    {
        latest[(moved.Verb, moved.Subject)] = moved;
        var now = time.GetUtcNow();
        if (samples.Count == 0 || now - Newest.At >= TimeSpan.FromMilliseconds(100)) samples.Enqueue((now, Done));
        while (samples.Count > 2 && now - samples.Peek().At > Window) samples.Dequeue();
    }

    /// <summary>"pull …:2.0.0  123.4 of 456.7 MB  12.3 MB/s  27 s left"; what is not known is left out.</summary>
    public override string ToString()
    {
        if (IsUnpacking) return $"{What}  {Amounts.Bytes(Done)} arrived, unpacking";
        var parts = new List<string> { What, Total is { } total ? $"{Amounts.Bytes(Done)} of {Amounts.Bytes(total)}" : Amounts.Bytes(Done) };
        if (BytesPerSecond is { } speed)
        {
            parts.Add($"{Amounts.Bytes((long)speed)}/s");
            if (Total is { } all && speed >= 1) parts.Add($"{Amounts.Duration(TimeSpan.FromSeconds(Math.Min((all - Done) / speed, TimeSpan.FromDays(99).TotalSeconds)))} left");
        }

        return string.Join("  ", parts);
    }

    private (DateTimeOffset At, long Bytes) Newest => samples.Last();

    private long Done => latest.Values.Sum(moved => moved.DoneBytes);

    // of several, a total is only known when all are
    private long? Total => latest.Values.All(moved => moved.TotalBytes is not null) ? latest.Values.Sum(moved => Math.Max(moved.TotalBytes!.Value, moved.DoneBytes)) : null;

    // the engine tells of a pull's bytes only while they arrive; it unpacks afterwards, and for long
    private bool IsUnpacking => Done > 0 && Done == Total && latest.Keys.All(key => key.Verb == "pull");

    private double? BytesPerSecond
    {
        get
        {
            if (samples.Count < 2) return null;
            var span = time.GetUtcNow() - samples.Peek().At;
            return span < ShortestBase ? null : Math.Max(0, Done - samples.Peek().Bytes) / span.TotalSeconds;
        }
    }

    private string What
    {
        get
        {
            var verbs = string.Join(" and ", latest.Values.Select(moved => moved.Verb).Distinct(StringComparer.Ordinal));
            return latest.Count == 1 ? $"{verbs} {Tail(latest.Values.First().Subject)}" : $"{verbs} {latest.Count} images";
        }
    }

    // the end of a reference tells images apart, its registry does not
    private static string Tail(string subject)
    {
        const int room = 28;
        return subject.Length <= room ? subject : "..." + subject[^(room - 3)..];
    }
}
