namespace AppPreflight.Registry;

/// <summary>Reads bodies that somebody else decides the length and the speed of.</summary>
internal static class BoundedBody
{
    private const int FirstBytes = 16 << 10;

    /// <returns>The whole body; null when it has more than <paramref name="maxBytes"/>.</returns>
    /// <exception cref="IOException">Cut, stalled, or not at its end in time.</exception>
    public static async Task<byte[]?> ReadAsync(
        HttpContent body, int maxBytes, RegistryLimits limits, TimeProvider time, CancellationToken cancellationToken)
    {
        using var clock = new CancellationTokenSource(limits.Document, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(clock.Token, cancellationToken);
        try
        {
            return await ReadAllAsync(body, maxBytes, limits, time, either.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new IOException($"its end did not come within {limits.Document.TotalSeconds:0.#} s", e);
        }
    }

    private static async Task<byte[]?> ReadAllAsync(
        HttpContent body, int maxBytes, RegistryLimits limits, TimeProvider time, CancellationToken cancellationToken)
    {
        if (body.Headers.ContentLength > maxBytes) return null;
        await using var stream = new PacedStream(await body.ReadAsStreamAsync(cancellationToken), limits, time);
        // one byte more than announced: the read that meets the end needs room
        var bytes = new byte[(int)Math.Min(body.Headers.ContentLength + 1 ?? FirstBytes, maxBytes + 1)];
        var length = 0;
        while (true)
        {
            var count = await stream.ReadAsync(bytes.AsMemory(length), cancellationToken);
            if (count == 0) return bytes[..length];
            length += count;
            if (length > maxBytes) return null;
            if (length == bytes.Length) Array.Resize(ref bytes, Math.Min(bytes.Length * 2, maxBytes + 1));
        }
    }
}
