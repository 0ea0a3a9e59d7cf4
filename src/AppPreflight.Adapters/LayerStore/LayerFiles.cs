using System.Buffers;
using AppPreflight.Archive;
using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.LayerStore;

/// <summary>The contents of a layer's files on disk: put into the tar again, or each against its own sum.</summary>
internal sealed class LayerFiles(Folder folder, LayerTree tree, bool isFromMedium, ReadingMeter meter, CancellationToken cancellationToken)
{
    private const int ReadAheadFrom = 1 << 20;

    /// <summary>Digest of the tar put together from its pieces and the files; null when a file is not there or has another size.</summary>
    /// <exception cref="InvalidDataException">The tar-split is damaged.</exception>
    public Digest? Rebuild(IEnumerable<SkeletonPiece> pieces, out long tarBytes)
    {
        using var hash = new TarHash(() => meter.IsCoreFree);
        var isWhole = Rebuild(pieces, hash);
        tarBytes = hash.TotalBytes;
        return isWhole ? hash.Finish() : null;
    }

    /// <summary>Names each file whose bytes are not those that were pulled.</summary>
    /// <remarks>The CRC-64 that tar-split keeps of each file tells damage, not malice; the layer's digest is what proves.</remarks>
    public void Compare(DamageList damages)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(1 << 20);
        foreach (var inode in tree.Contents.OfType<LayerInode>())
        {
            if (inode.First is { } node) Compare(node, inode, buffer, damages);
        }

        ArrayPool<byte>.Shared.Return(buffer);
    }

    private bool Rebuild(IEnumerable<SkeletonPiece> pieces, TarHash hash)
    {
        var next = 0;
        foreach (var piece in pieces)
        {
            cancellationToken.ThrowIfCancellationRequested();
            hash.Append(piece.Segment.Span);
            // old tars give a hard link the size of its file, and no bytes
            if (piece.ContentBytes > 0 && tree.Contents[next++] is { } inode && !Copy(inode.First, piece.ContentBytes, hash)) return false;
        }

        return true;
    }

    private bool Copy(LayerNode? node, long size, TarHash hash)
    {
        if (node is null) return false;
        var file = folder.OpenFile(node.Path.Bytes);
        if (file < 0) return false;
        try
        {
            Prepare(file, size);
            while (size > 0)
            {
                var free = hash.Free;
                var count = SystemCalls.Read(file, free[..(int)Math.Min(free.Length, size)]);
                if (count <= 0) return false;
                hash.Advance(count);
                size -= count;
                meter.Count(count);
                cancellationToken.ThrowIfCancellationRequested();
            }

            return true;
        }
        finally
        {
            _ = SystemCalls.Close(file);
        }
    }

    private void Compare(LayerNode node, LayerInode inode, byte[] buffer, DamageList damages)
    {
        // a device must not so much as be opened, and some never end; the comparison of the trees has told of another kind or size
        if (folder.StatusOf(node.Path.Bytes, out var status) != 0 || status.Type != FileType.Regular || status.Size != inode.Size) return;
        var file = folder.OpenFile(node.Path.Bytes);
        if (file < 0) return;
        try
        {
            Prepare(file, inode.Size);
            var (size, sum, fault) = Sum(file, buffer);
            if (fault == SystemCalls.IsAFolder) return; // told of as well
            if (fault != 0) damages.Add(DamageKind.Content, node.Path.ToString(), null, $"can't be read (errno {-fault})");
            else if (size == inode.Size && sum != inode.Checksum) damages.Add(DamageKind.Content, node.Path.ToString(), $"crc64:{inode.Checksum:x16}", $"crc64:{sum:x16}");
        }
        finally
        {
            _ = SystemCalls.Close(file);
        }
    }

    private (long Size, ulong Sum, int Fault) Sum(int file, byte[] buffer)
    {
        var sum = new Crc64();
        var size = 0L;
        for (int count; (count = SystemCalls.Read(file, buffer)) != 0; size += count)
        {
            if (count < 0) return (size, 0, count);
            sum.Append(buffer.AsSpan(0, count));
            meter.Count(0);
        }

        return (size, sum.Value, 0);
    }

    private void Prepare(int file, long size)
    {
        if (isFromMedium) SystemCalls.DropCached(file);
        if (size >= ReadAheadFrom) SystemCalls.ReadAhead(file);
    }
}
