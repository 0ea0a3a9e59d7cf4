using System.Diagnostics;
using System.Security.Cryptography;

namespace AppPreflight.Rehearsal;

/// <summary>How fast this machine computes SHA-256 by .NET's own IncrementalHash, over bytes that lie in the processor's cache.</summary>
internal static class HashRate
{
    private const int BlockBytes = 1 << 17;

    /// <summary>Bytes a second of that many threads together.</summary>
    public static double Measure(int threads, TimeSpan span)
    {
        var counts = new long[threads];
        var clock = Stopwatch.StartNew();
        var workers = Enumerable.Range(0, threads).Select(place => new Thread(() => counts[place] = Hash(span))).ToList();
        workers.ForEach(worker => worker.Start());
        workers.ForEach(worker => worker.Join());
        return counts.Sum() / clock.Elapsed.TotalSeconds;
    }

    private static long Hash(TimeSpan span)
    {
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var block = new byte[BlockBytes];
        var count = 0L;
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < span; count += block.Length) sha256.AppendData(block);
        sha256.GetHashAndReset();
        return count;
    }
}
