using System.Security.Cryptography;
using AppPreflight.Archive;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Ports;

namespace AppPreflight.Registry;

/// <summary>
/// Bytes on their way to whoever looks at them: counted and hashed, their first few kept, pages of zeros noticed. Ends at a bound, at a
/// cut or when time is up, each of which it tells; throws for none of them.
/// </summary>
/// <param name="most">No more bytes than these are read.</param>
/// <param name="deadline">When time is up, and when whoever reads is to stop at all.</param>
internal sealed class WatchedBody(Stream inner, BlobPromise promise, long most, CancellationToken deadline) : ReadOnlyStream
{
    public const int HeadBytes = 16 << 10;
    public const int PageBytes = 4096;

    private readonly IncrementalHash whole = IncrementalHash.CreateHash(promise.Digest.HashName);
    private readonly IncrementalHash? asTar = promise.DiffId is { } diffId && diffId.Value.HashName != promise.Digest.HashName
        ? IncrementalHash.CreateHash(diffId.Value.HashName) : null;

    private readonly byte[] head = new byte[HeadBytes];
    private IncrementalHash? rest;
    private long handedOut;
    private bool hasEnded;
    private bool isPageBlank = true;

    /// <summary>Bytes that came so far.</summary>
    public long SizeBytes { get; private set; }

    /// <summary>May be moved on while it is read.</summary>
    public long Most { get; set; } = most;

    /// <summary>The first of what came so far.</summary>
    public ReadOnlyMemory<byte> Head => head.AsMemory(0, (int)Math.Min(SizeBytes, HeadBytes));

    /// <summary>It ended before the end that was announced, or stalled.</summary>
    public bool WasCut { get; private set; }

    /// <summary>Time was up before its end.</summary>
    public bool IsLate { get; private set; }

    /// <summary>A further request that it took was not answered as it should be.</summary>
    public SourceFault? Fault { get; private set; }

    /// <summary>Digest of the first bytes, as many as are promised; null while no more than these came.</summary>
    public Digest? OfPromisedPart { get; private set; }

    /// <summary>Whole pages that are nothing but zeros, and the offset of the first.</summary>
    public (long Count, long First) BlankPages { get; private set; }

    /// <summary>Digest of all that came.</summary>
    public Digest Digest => Current(whole, promise.Digest);

    /// <summary>The same, by the algorithm of the promised tar's digest.</summary>
    public Digest TarDigest => asTar is null ? Digest : Current(asTar, promise.DiffId!.Value);

    /// <summary>Digest of what came behind the promised part; null when that is nothing.</summary>
    public Digest? OfRest => rest is null ? null : Current(rest, promise.Digest);

    /// <summary>Has the first bytes at hand without handing them out.</summary>
    public async Task<ReadOnlyMemory<byte>> PeekAsync(int count, CancellationToken cancellationToken)
    {
        while (SizeBytes < count && await FillAsync(head.AsMemory((int)SizeBytes), cancellationToken) > 0)
        {
        }

        return Head;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (handedOut == SizeBytes)
        {
            var count = await FillAsync(buffer, cancellationToken);
            handedOut += count;
            return count;
        }

        // what was peeked at lies in the head
        var again = (int)Math.Min(buffer.Length, SizeBytes - handedOut);
        head.AsMemory((int)handedOut, again).CopyTo(buffer);
        handedOut += again;
        return again;
    }

    protected override void Dispose(bool disposing)
    {
        whole.Dispose();
        asTar?.Dispose();
        rest?.Dispose();
        base.Dispose(disposing);
    }

    private async ValueTask<int> FillAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        // no read goes past the end of the promised part: its digest is taken there
        var end = promise.SizeBytes is { } size && SizeBytes < size ? Math.Min(size, Most) : Most;
        if (hasEnded || end <= SizeBytes) return 0;
        if (end - SizeBytes < buffer.Length) buffer = buffer[..(int)(end - SizeBytes)];
        var count = await ReadInnerAsync(buffer, cancellationToken);
        if (count == 0) hasEnded = true;
        else Take(buffer.Span[..count]);
        return count;
    }

    private async ValueTask<int> ReadInnerAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await inner.ReadAsync(buffer, deadline);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            WasCut = true;
        }
        catch (SourceException e)
        {
            Fault = e.What;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            IsLate = true;
        }

        return 0;
    }

    private void Take(ReadOnlySpan<byte> bytes)
    {
        if (SizeBytes == promise.SizeBytes)
        {
            OfPromisedPart = Digest;
            rest = IncrementalHash.CreateHash(promise.Digest.HashName);
        }

        whole.AppendData(bytes);
        asTar?.AppendData(bytes);
        rest?.AppendData(bytes);
        if (SizeBytes < HeadBytes) bytes[..(int)Math.Min(bytes.Length, HeadBytes - SizeBytes)].CopyTo(head.AsSpan((int)SizeBytes));
        LookForBlankPages(bytes);
        SizeBytes += bytes.Length;
    }

    private void LookForBlankPages(ReadOnlySpan<byte> bytes)
    {
        for (var at = SizeBytes; bytes.Length > 0;)
        {
            var part = bytes[..(int)Math.Min(bytes.Length, PageBytes - (at % PageBytes))];
            isPageBlank = isPageBlank && !part.ContainsAnyExcept((byte)0);
            at += part.Length;
            bytes = bytes[part.Length..];
            if (at % PageBytes != 0) return;
            if (isPageBlank) BlankPages = (BlankPages.Count + 1, BlankPages.Count == 0 ? at - PageBytes : BlankPages.First);
            isPageBlank = true;
        }
    }

    private static Digest Current(IncrementalHash hash, Digest like) => Digest.OfHash(like.HashName, hash.GetCurrentHash());
}
