namespace AppPreflight.Archive;

/// <summary>One header block of 512 bytes, read as Go's archive/tar reads it (reader.go: readHeader, format.go: GetFormat).</summary>
internal readonly ref struct TarHeader
{
    private readonly ReadOnlySpan<byte> block;

    /// <exception cref="InvalidDataException">No header: its checksum is wrong. Go takes the sum of signed bytes too.</exception>
    public TarHeader(ReadOnlySpan<byte> block)
    {
        this.block = block[..TarField.BlockBytes];
        if (!TarNumber.TryOctal(block[TarField.Checksum], out var stated) || !IsSum(stated)) throw new InvalidDataException("A tar header has a wrong checksum.");
    }

    public byte Type => block[TarField.TypeAt];

    public long Mode => Number(TarField.Mode);

    public long Uid => Number(TarField.Uid);

    public long Gid => Number(TarField.Gid);

    public long Size => Number(TarField.Size);

    /// <summary>Seconds since 1970.</summary>
    public long Modified => Number(TarField.Modified);

    public ReadOnlySpan<byte> UserName => IsOldest ? default : TarField.Text(block[TarField.UserName]);

    public ReadOnlySpan<byte> GroupName => IsOldest ? default : TarField.Text(block[TarField.GroupName]);

    public ReadOnlySpan<byte> LinkName => TarField.Text(block[TarField.LinkName]);

    /// <summary>0 in the oldest format, which has no such field.</summary>
    public long DevMajor => IsOldest ? 0 : Number(TarField.DevMajor);

    public long DevMinor => IsOldest ? 0 : Number(TarField.DevMinor);

    private bool IsUstar => block[TarField.Magic].SequenceEqual("ustar\0"u8);

    private bool IsStar => IsUstar && block[TarField.StarTrailer].SequenceEqual("tar\0"u8);

    private bool IsGnu => block[TarField.MagicAndVersion].SequenceEqual("ustar  \0"u8);

    private bool IsOldest => !IsUstar && !IsGnu;

    /// <summary>The name of the header itself: prefix, slash, name.</summary>
    public byte[] Name()
    {
        var prefix = Prefix();
        var name = TarField.Text(block[TarField.Name]);
        return prefix.IsEmpty ? name.ToArray() : [.. prefix, (byte)'/', .. name];
    }

    private ReadOnlySpan<byte> Prefix()
    {
        if (IsGnu) return OldGoPrefix();
        if (IsStar) return TarField.Text(block[TarField.StarPrefix]);
        return IsUstar ? TarField.Text(block[TarField.Prefix]) : default;
    }

    // Go before 1.8 wrote GNU headers with a prefix where the times belong (golang.org/issue/12594): taken when the times are no numbers
    private ReadOnlySpan<byte> OldGoPrefix()
    {
        if (IsTime(block[TarField.GnuAccessTime]) && IsTime(block[TarField.GnuChangeTime])) return default;
        var prefix = TarField.Text(block[TarField.Prefix]);
        return System.Text.Ascii.IsValid(prefix) ? prefix : default;
    }

    private static bool IsTime(ReadOnlySpan<byte> field) => field[0] == 0 || TarNumber.TryParse(field, out _);

    private long Number(Range field) =>
        TarNumber.TryParse(block[field], out var number) ? number : throw new InvalidDataException("A tar header has a number that is none.");

    // the checksum's own bytes count as spaces
    private bool IsSum(long stated)
    {
        long sum = 0;
        var high = 0;
        foreach (var one in block)
        {
            sum += one;
            if (one >= 0x80) high++;
        }

        foreach (var one in block[TarField.Checksum])
        {
            sum += ' ' - one;
            if (one >= 0x80) high--;
        }

        return stated == sum || stated == sum - 256L * high;
    }
}
