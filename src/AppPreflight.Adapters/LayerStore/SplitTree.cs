using AppPreflight.Archive;

namespace AppPreflight.LayerStore;

/// <summary>The tree of a layer from its tar-split: headers in order, without the contents between them.</summary>
internal static class SplitTree
{
    /// <summary>Reads the whole stream. Behind a sparse file the entries are passed over.</summary>
    /// <param name="skeleton">Takes the tar without its contents.</param>
    /// <exception cref="InvalidDataException">An entry that no engine could have unpacked.</exception>
    public static LayerTree Build(TarSplitReader reader, TarSkeleton? skeleton, CancellationToken cancellationToken)
    {
        var tree = new LayerTree();
        using var headers = new TarHeaderReader();
        while (reader.Read())
        {
            cancellationToken.ThrowIfCancellationRequested();
            skeleton?.Keep(reader);
            if (tree.Untold is not null) continue;
            if (reader.Piece == TarSplitPiece.Segment) headers.Add(reader.Segment.Span);
            else tree.Apply(headers.Complete(reader.Name.Span, reader.Size), reader.Checksum);
        }

        return tree;
    }
}
