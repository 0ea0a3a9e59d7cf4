namespace AppPreflight.Oci;

/// <summary>The digest of a layer's <i>uncompressed</i> tar; never comparable to a layer descriptor's digest.</summary>
/// <remarks>Source: OCI image-spec v1.1, config.md, "Layer DiffID".</remarks>
public sealed record DiffId(Digest Value)
{
    public override string ToString() => Value.ToString();
}
