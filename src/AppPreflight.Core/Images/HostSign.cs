namespace AppPreflight.Images;

/// <summary>A hint of this host's kernel that its own hardware may be at fault.</summary>
/// <param name="Where">File and counter: "/sys/devices/system/edac/mc/mc0/ce_count".</param>
/// <param name="Sentence">What it counts and how much: "memory controller mc0 corrected 12 errors since boot".</param>
public sealed record HostSign(HostSignKind Kind, string Where, string Sentence);

/// <summary>On the wire in kebab-case.</summary>
public enum HostSignKind
{
    Memory,
    Disk,
    Network,
}
