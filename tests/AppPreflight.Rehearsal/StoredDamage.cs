namespace AppPreflight.Rehearsal;

/// <summary>One file a proof has to name.</summary>
/// <param name="Layer">The layer's number, from below.</param>
/// <param name="Kind">The kind on the wire.</param>
/// <param name="Path">Below the layer's folder; of a file about the layer its name in the layer's record.</param>
internal sealed record WrongFile(int Layer, string Kind, string Path)
{
    public override string ToString() => $"{Kind} {Path}";
}

/// <summary>
/// One named way to spoil a stored layer of <see cref="StackedImages"/>. It can be mended again, so that one pulled image
/// serves for the whole catalogue.
/// </summary>
/// <param name="Name">Kebab-case; never changes.</param>
/// <param name="What">What is wrong afterwards, as one sentence.</param>
/// <param name="Kind">What a proof has to call it.</param>
/// <param name="Path">What it has to name, by the layer's number.</param>
/// <param name="Spoil">Spoils the layer of that number among all of the image; the result brings back what was.</param>
internal sealed record StoredDamage(
    string Name, string What, string Kind, Func<int, string> Path, Func<IReadOnlyList<LayerPlace>, int, Action> Spoil)
{
    // what is not as it was built but has its bytes: the finding of metadata
    private static readonly string[] Metadata = ["surplus", "mode", "owner", "xattr", "link-target", "hard-link", "whiteout", "device", "link-file", "lower-file"];

    /// <summary>What the engine says when it reads the layer out; null: it notices nothing and exports the image.</summary>
    public string? ExportError { get; init; }

    /// <summary>False for what a base layer can't have.</summary>
    public bool InBase { get; init; } = true;

    /// <summary>The code of the one finding.</summary>
    public string Code => Metadata.Contains(Kind) ? "stored-layer-metadata-altered" : "stored-layer-altered";

    /// <summary>The exact list of what a proof has to name, no more and no less.</summary>
    public IReadOnlyList<WrongFile> Expected(int layer) => [new(layer, Kind, Path(layer))];

    public override string ToString() => Name;
}
