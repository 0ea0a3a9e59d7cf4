using AppPreflight.Oci;

namespace AppPreflight.Images;

/// <summary>What a blob of an image ought to be.</summary>
/// <param name="SizeBytes">As transferred; null where nobody promised a size (a manifest asked for by digest).</param>
/// <param name="DiffId">Of a layer: what its unpacked tar ought to be.</param>
public sealed record BlobPromise(ImagePart Part, Digest Digest, long? SizeBytes, DiffId? DiffId = null);
