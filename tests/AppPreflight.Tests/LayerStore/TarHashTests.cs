using AppPreflight.Oci;
using NUnit.Framework;

namespace AppPreflight.LayerStore;

/// <summary>The tar as it is put together and hashed, whatever the pieces.</summary>
internal sealed class TarHashTests
{
    [Test]
    public void Hashes_what_was_put_together_whatever_the_pieces([Range(0, 39)] int seed)
    {
        var random = new Random(seed);
        var bytes = new byte[random.Next(5 << 20)];
        random.NextBytes(bytes);
        using var hash = new TarHash(() => random.Next(3) == 0);
        for (var at = 0; at < bytes.Length;)
        {
            var count = Math.Min(bytes.Length - at, random.Next(1, seed % 2 == 0 ? 600 : 3 << 20));
            at += random.Next(2) == 0 ? Appended(hash, bytes.AsSpan(at, count)) : ReadInto(hash, bytes.AsSpan(at, count));
        }

        Assert.That((hash.Finish(), hash.TotalBytes), Is.EqualTo((Digest.Of(bytes), (long)bytes.Length)));
    }

    // where the thread is done with the only buffer before another was needed, a second one once hashed beside it
    [Test]
    [CancelAfter(60_000)]
    public void Has_one_thread_at_the_most_however_quick_it_is(CancellationToken cancellationToken)
    {
        var bytes = new byte[64 << 10];
        var asked = new int[3000];
        Parallel.For(0, asked.Length, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancellationToken }, place =>
        {
            using var hash = new TarHash(() => ++asked[place] > 0);
            for (var i = 0; i < 12; i++) hash.Append(bytes);
            hash.Finish();
        });
        Assert.That(asked.Where(times => times != 1), Is.Empty);
    }

    [Test]
    public void Ends_its_thread_when_it_is_given_up_half_way()
    {
        var hash = new TarHash(() => true);
        hash.Append(new byte[7 << 20]);
        Assert.That(hash.Dispose, Throws.Nothing);
    }

    private static int Appended(TarHash hash, ReadOnlySpan<byte> bytes)
    {
        hash.Append(bytes);
        return bytes.Length;
    }

    // as a file is read: as much as the free room takes
    private static int ReadInto(TarHash hash, ReadOnlySpan<byte> bytes)
    {
        var count = Math.Min(bytes.Length, hash.Free.Length);
        bytes[..count].CopyTo(hash.Free);
        hash.Advance(count);
        return count;
    }
}
