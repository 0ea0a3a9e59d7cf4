namespace AppPreflight.Archive;

/// <summary>Where the fields of a tar header block lie (POSIX.1-1988 ustar, GNU tar's tar.h).</summary>
internal static class TarField
{
    public const int BlockBytes = 512;
    public const int TypeAt = 156;

    public static readonly Range Name = 0..100;
    public static readonly Range Mode = 100..108;
    public static readonly Range Uid = 108..116;
    public static readonly Range Gid = 116..124;
    public static readonly Range Size = 124..136;
    public static readonly Range Modified = 136..148;
    public static readonly Range Checksum = 148..156;
    public static readonly Range LinkName = 157..257;
    public static readonly Range Magic = 257..263;
    public static readonly Range MagicAndVersion = 257..265;
    public static readonly Range UserName = 265..297;
    public static readonly Range GroupName = 297..329;
    public static readonly Range DevMajor = 329..337;
    public static readonly Range DevMinor = 337..345;
    public static readonly Range Prefix = 345..500;
    public static readonly Range StarPrefix = 345..476;
    public static readonly Range StarTrailer = 508..512;
    public static readonly Range GnuAccessTime = 345..357;
    public static readonly Range GnuChangeTime = 357..369;

    /// <summary>Up to the first NUL.</summary>
    public static ReadOnlySpan<byte> Text(ReadOnlySpan<byte> field) => field.IndexOf((byte)0) is var nul and >= 0 ? field[..nul] : field;

    /// <summary>Bytes that fill up the last block of so many.</summary>
    public static int Padding(long bytes) => (int)(-bytes & (BlockBytes - 1));
}
