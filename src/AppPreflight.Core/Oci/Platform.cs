namespace AppPreflight.Oci;

/// <summary>Operating system and processor an image is for, in Go's words ("linux", "amd64", "arm64", "v8").</summary>
/// <remarks>Source: OCI image-spec v1.1, image-index.md, "platform"; matching as containerd's platforms.OnlyStrict after normalising.</remarks>
public sealed record Platform(string Os, string Architecture, string? Variant = null)
{
    /// <summary>Whether a host of this platform runs an image of <paramref name="image"/>.</summary>
    public bool Runs(Platform image)
    {
        var (host, other) = (Normalised, image.Normalised);
        return host.Os == other.Os && host.Architecture == other.Architecture
            && (host.Architecture != "arm" || ArmLevel(other.Variant) <= ArmLevel(host.Variant));
    }

    /// <summary>The engine's and the kernel's spellings brought to Go's ("x86_64" to "amd64"); a default variant is left out.</summary>
    /// <remarks>Source: containerd platforms/database.go, normalizeArch.</remarks>
    public Platform Normalised
    {
        get
        {
            var os = Os.ToLowerInvariant();
            return (Architecture.ToLowerInvariant(), Variant?.ToLowerInvariant()) switch
            {
                ("x86_64" or "x86-64" or "amd64", _) => new(os, "amd64"),
                ("i386" or "i686" or "386", _) => new(os, "386"),
                ("aarch64" or "arm64", _) => new(os, "arm64"),
                ("armhf", _) => new(os, "arm", "v7"),
                ("armel", _) => new(os, "arm", "v6"),
                ("armv7l", _) => new(os, "arm", "v7"),
                ("armv6l", _) => new(os, "arm", "v6"),
                ("arm", null or "" or "7") => new(os, "arm", "v7"),
                var (architecture, variant) => new(os, architecture, string.IsNullOrEmpty(variant) ? null : variant),
            };
        }
    }

    private static int ArmLevel(string? variant) =>
        variant is ['v', >= '0' and <= '9'] ? variant[1] - '0' : 7;

    public override string ToString() => Variant is null ? $"{Os}/{Architecture}" : $"{Os}/{Architecture}/{Variant}";
}
