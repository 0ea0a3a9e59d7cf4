namespace AppPreflight.Oci;

/// <summary>Media type, digest and size in bytes of some content, as a manifest promises them.</summary>
/// <remarks>Source: OCI image-spec v1.1, descriptor.md.</remarks>
public sealed record Descriptor(string MediaType, Digest Digest, long SizeBytes)
{
    /// <summary>Only in an index: the platform the manifest is for.</summary>
    public Platform? Platform { get; init; }

    /// <summary>An attestation that rides along in an index (BuildKit), never an image to run.</summary>
    public bool IsAttestation { get; init; }
}
