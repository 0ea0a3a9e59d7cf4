using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.LayerStore;

/// <summary>One blob, read through.</summary>
internal sealed record BlobReading(Digest Promised)
{
    /// <summary>Digest of its bytes; null when they were not read to their end.</summary>
    public Digest? Observed { get; init; }

    /// <summary>Bytes read.</summary>
    public long SizeBytes { get; init; }

    /// <summary>The bytes themselves, where they were wanted and are sound.</summary>
    public ReadOnlyMemory<byte> Bytes { get; init; }

    /// <summary>There is nothing under its name.</summary>
    public bool IsAbsent { get; init; }

    public LayerDamage? Damage { get; init; }

    /// <summary>Why it can't be told.</summary>
    public SourceFault? Fault { get; init; }

    /// <summary>Changes whenever it is written anew.</summary>
    public string Stamp { get; init; } = "";
}
