using System.Buffers;

namespace AppPreflight.LayerStore;

/// <summary>What a tar consists of, in order: raw bytes, or so many bytes of a file's content.</summary>
internal readonly record struct SkeletonPiece(ReadOnlyMemory<byte> Segment, long ContentBytes);

/// <summary>
/// A tar without its contents, kept from the first reading of a tar-split, so that it need not be unpacked and parsed once more to put the
/// tar together. Only of layers with up to some ten thousand files: of larger ones nothing is kept.
/// </summary>
internal sealed class TarSkeleton : IDisposable
{
    private const int ChunkBytes = 1 << 20;
    private const int MostChunks = 16;

    private readonly List<byte[]> chunks = [];
    private readonly List<SkeletonPiece> pieces = [];
    private int used = ChunkBytes;

    /// <summary>False: it became too large, and there is nothing.</summary>
    public bool IsKept { get; private set; } = true;

    public IEnumerable<SkeletonPiece> Pieces => pieces;

    /// <summary>The pieces of a tar-split as it is read; each holds until the next.</summary>
    public static IEnumerable<SkeletonPiece> PiecesOf(TarSplitReader split)
    {
        while (split.Read()) yield return new(split.Segment, split.Size);
    }

    public void Keep(TarSplitReader split)
    {
        if (!IsKept) return;
        if (split.Piece == TarSplitPiece.File)
        {
            if (split.Size > 0) pieces.Add(new(default, split.Size));
        }
        else if (split.Segment.Length > (MostChunks - chunks.Count) * ChunkBytes)
        {
            Drop();
            IsKept = false;
        }
        else
        {
            Keep(split.Segment.Span);
        }
    }

    public void Dispose() => Drop();

    private void Keep(ReadOnlySpan<byte> segment)
    {
        while (!segment.IsEmpty)
        {
            if (used == ChunkBytes)
            {
                chunks.Add(ArrayPool<byte>.Shared.Rent(ChunkBytes));
                used = 0;
            }

            var count = Math.Min(segment.Length, ChunkBytes - used);
            segment[..count].CopyTo(chunks[^1].AsSpan(used));
            pieces.Add(new(chunks[^1].AsMemory(used, count), 0));
            used += count;
            segment = segment[count..];
        }
    }

    private void Drop()
    {
        pieces.Clear();
        foreach (var chunk in chunks) ArrayPool<byte>.Shared.Return(chunk);
        chunks.Clear();
    }
}
