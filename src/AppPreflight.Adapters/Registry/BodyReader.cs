using System.Security.Cryptography;
using AppPreflight.Archive;
using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.Registry;

/// <summary>What is inside a body that is packed with gzip: its digest, when it is no longer than the promise, and its first bytes.</summary>
internal sealed record Inside(Digest? Digest, ReadOnlyMemory<byte> Head);

/// <summary>Reads one body through, and looks inside it where the promised bytes could lie there. Keeps a few KiB, whatever comes.</summary>
internal sealed class BodyReader(BlobPromise promise, RegistryLimits limits)
{
    private const int BufferBytes = 64 << 10;
    private const int PeekBytes = 1024;
    private const int InsideHeadBytes = 4096;

    /// <summary>Bytes that may be read of a body: twice the promise and one, so that a doubled one shows, and room for a page of somebody else's.</summary>
    public long Most => promise.SizeBytes is { } size ? Math.Max(Grown(size, size) + 1, Grown(size, 64 << 10)) : limits.UnpromisedBytes;

    /// <summary>Whether the promised bytes are packed ones.</summary>
    public static bool IsPackedPromised(BlobPromise promise) => promise.Part == ImagePart.Layer && promise.DiffId?.Value != promise.Digest;

    /// <param name="mostOfTar">Where a tar comes in place of a packed layer so many bytes may be read, to see whether it is the right one.</param>
    /// <returns>Null when nothing that matters can be inside.</returns>
    public async Task<Inside?> ReadAsync(WatchedBody body, long mostOfTar, CancellationToken cancellationToken)
    {
        var head = (await body.PeekAsync(PeekBytes, cancellationToken)).Span;
        if (promise.DiffId is not null && IsPackedPromised(promise) && BodySign.IsTar(head)) body.Most = Math.Max(body.Most, mostOfTar);
        var inside = BodySign.IsGzip(head) ? await UnpackAsync(body, cancellationToken) : null;
        var buffer = new byte[BufferBytes];
        while (await body.ReadAsync(buffer, cancellationToken) > 0)
        {
        }

        return inside;
    }

    // one byte more than promised is none of the promised bytes: a bomb ends there
    private async Task<Inside> UnpackAsync(WatchedBody body, CancellationToken cancellationToken)
    {
        var most = promise.SizeBytes ?? limits.UnpromisedBytes;
        using var hash = IncrementalHash.CreateHash(promise.Digest.HashName);
        await using var unpacked = new ManagedGzipTar(body);
        var buffer = new byte[BufferBytes];
        ReadOnlyMemory<byte> head = default;
        try
        {
            for (var size = 0L; ;)
            {
                var count = await unpacked.ReadAtLeastAsync(buffer, InsideHeadBytes, throwOnEndOfStream: false, cancellationToken);
                if (size == 0) head = buffer.AsSpan(0, Math.Min(count, InsideHeadBytes)).ToArray();
                size += count;
                if (size > most || !IsOfInterest(head.Span)) return new(null, head);
                hash.AppendData(buffer, 0, count);
                if (count < InsideHeadBytes) return new(Digest.OfHash(promise.Digest.HashName, hash.GetHashAndReset()), head);
            }
        }
        catch (InvalidDataException)
        {
            return new(null, head);
        }
    }

    // inside a layer as it should be lies a tar: unpacking that would lead nowhere
    private bool IsOfInterest(ReadOnlySpan<byte> head) =>
        promise.DiffId is null || !IsPackedPromised(promise) || BodySign.IsPacked(head);

    private static long Grown(long size, long by) => size > long.MaxValue - 1 - by ? long.MaxValue - 1 : size + by;
}
