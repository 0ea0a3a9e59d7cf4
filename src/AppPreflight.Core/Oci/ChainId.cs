using System.Text;

namespace AppPreflight.Oci;

/// <summary>Names a layer together with all layers below it: what an engine stores once for all images that share them.</summary>
/// <remarks>Source: OCI image-spec v1.1, config.md, "Layer ChainID".</remarks>
public sealed record ChainId(Digest Value)
{
    /// <summary>The chain ids of an image's layers, base layer first, one for each.</summary>
    public static IReadOnlyList<ChainId> AllOf(IReadOnlyList<DiffId> layers)
    {
        var chain = new List<ChainId>(layers.Count);
        foreach (var layer in layers) chain.Add(chain.Count == 0 ? new(layer.Value) : chain[^1].Then(layer));
        return chain;
    }

    /// <summary>The chain with one more layer on top.</summary>
    public ChainId Then(DiffId layer) => new(Digest.Of(Encoding.ASCII.GetBytes($"{Value} {layer}")));

    public override string ToString() => Value.ToString();
}
