using System.Net;
using AppPreflight.Archive;
using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.Registry;

/// <summary>Asks for the bytes from the first to the last one named, both counted.</summary>
internal delegate Task<Answer> OpenPiece(long first, long last, CancellationToken cancellationToken);

/// <summary>A blob in pieces, each a request of its own. What lies behind the promised end is one more piece.</summary>
/// <param name="first">The answer for the first piece.</param>
internal sealed class RangedBody(Answer first, string subject, long promisedBytes, OpenPiece open, RegistryLimits limits, TimeProvider time) : ReadOnlyStream
{
    /// <summary>Smaller ones are not asked for in pieces.</summary>
    public const int LeastPieces = 3;

    private const int MostPieces = 8;
    private const int UsualBytes = 1 << 20;

    private readonly long totalBytes = first.Body.Headers.ContentRange?.Length ?? promisedBytes;
    private Answer? answer = first;
    private Stream? piece;
    private long at;
    private long end;

    /// <summary>Size of a piece.</summary>
    public static long PieceBytes(long promisedBytes)
    {
        var pieces = Math.Clamp(promisedBytes / UsualBytes, LeastPieces, MostPieces);
        return Math.Max(1, (promisedBytes + pieces - 1) / pieces);
    }

    /// <summary>Whether this is the answer to a question for a piece that starts there.</summary>
    public static bool IsPiece(Answer answer, long first) =>
        answer.Status == HttpStatusCode.PartialContent && answer.Body.Headers.ContentRange?.From == first;

    /// <exception cref="IOException">A piece is cut.</exception>
    /// <exception cref="Ports.SourceException">A piece is refused, or another one came.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (at >= totalBytes && piece is null) return 0;
        piece ??= await OpenAsync(cancellationToken);
        if (buffer.Length > end - at) buffer = buffer[..(int)(end - at)];
        var count = await piece.ReadAsync(buffer, cancellationToken);
        if (count == 0) throw new IOException($"the piece up to byte {end - 1} ends before byte {at}");
        at += count;
        if (at == end) Leave();
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        Leave();
        base.Dispose(disposing);
    }

    private async Task<Stream> OpenAsync(CancellationToken cancellationToken)
    {
        end = at < promisedBytes ? Math.Min(at + PieceBytes(promisedBytes), promisedBytes) : totalBytes;
        if (end > totalBytes) end = totalBytes;
        answer ??= await open(at, end - 1, cancellationToken);
        if (!IsPiece(answer, at))
            throw Blame.Of(Source.Registry, Fault.Malformed, subject, $"{answer.Who} was asked for the bytes of {subject} from {at} on and answered with '{Quote.Short(answer.Header("Content-Range") ?? "all of them", 60)}'");
        return new PacedStream(await answer.Body.ReadAsStreamAsync(cancellationToken), limits, time);
    }

    private void Leave()
    {
        piece?.Dispose();
        answer?.Dispose();
        (piece, answer) = (null, null);
    }
}
