using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.Reader;

/// <summary>One line of the reader's answer.</summary>
internal abstract record ReaderAnswer;

/// <summary>It lives; bytes hashed so far.</summary>
internal sealed record ReaderProgress(long Bytes) : ReaderAnswer;

/// <param name="IsFinished">It was read through; else it is only named because an image has it (a layer that is not in the store).</param>
internal sealed record ReaderLayer(StoredLayer Layer, bool IsFinished) : ReaderAnswer;

/// <summary>The end of a reading: what each image is made of. The layers were told before.</summary>
internal sealed record ReaderContents(IReadOnlyList<ReaderImage> Images) : ReaderAnswer;

/// <summary>An image without its layers.</summary>
/// <param name="Layers">In their order; fewer than the image has where not all were asked for.</param>
internal sealed record ReaderImage(Digest Id, StoredContent Content, IReadOnlyList<LayerName> Layers);

/// <summary>Which layer is meant: two images of the same layers may have them from different blobs.</summary>
internal sealed record LayerName(ChainId Chain, Digest Promised)
{
    public static LayerName Of(StoredLayer layer) => new(layer.Chain, layer.Promised);
}

/// <summary>The end where the tables were asked for.</summary>
internal sealed record ReaderTables(IReadOnlyList<TableDamage> Tables) : ReaderAnswer;

/// <summary>The end without one.</summary>
internal sealed record ReaderObstacle(SourceFault Fault) : ReaderAnswer;
