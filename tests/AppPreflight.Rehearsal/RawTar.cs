using System.Globalization;
using System.Text;

namespace AppPreflight.Rehearsal;

/// <summary>How a header says what does not fit into its fields: not at all, in records of GNU's, or in PAX records.</summary>
internal enum TarDialect
{
    Ustar,
    Gnu,
    Pax,
}

/// <summary>One entry of a tar, as freely as the format allows: also what no sane writer would write.</summary>
/// <param name="Kind">The type flag: 0 file, 1 hard link, 2 symbolic link, 3 and 4 device, 5 folder, 6 fifo.</param>
/// <param name="Name">As written into the header, folders without the slash at the end.</param>
internal sealed record TarPiece(char Kind, string Name)
{
    public TarDialect Dialect { get; init; } = TarDialect.Pax;

    /// <summary>The name's bytes where they are no UTF-8.</summary>
    public byte[] NameBytes { get; init; } = Encoding.UTF8.GetBytes(Kind == '5' ? Name + "/" : Name);

    public string Link { get; init; } = "";

    public byte[] Content { get; init; } = [];

    /// <summary>Octal, as chmod takes it.</summary>
    public string Mode { get; init; } = Kind == '5' ? "0755" : "0644";

    public long Owner { get; init; }

    public long Group { get; init; }

    /// <summary>Parts of a second need <see cref="TarDialect.Pax"/>.</summary>
    public DateTimeOffset Modified { get; init; } = LayerBuilder.Birth;

    /// <summary>What the owner is called where the tar was made; at most 31 bytes.</summary>
    public string OwnerName { get; init; } = "";

    public string GroupName { get; init; } = "";

    public (int Major, int Minor) Device { get; init; }

    /// <summary>Extended attributes; they need <see cref="TarDialect.Pax"/>.</summary>
    public IReadOnlyDictionary<string, byte[]> Attributes { get; init; } = new Dictionary<string, byte[]>(StringComparer.Ordinal);

    public static TarPiece Folder(string name, string mode = "0755") => new('5', name) { Mode = mode };

    public static TarPiece File(string name, byte[] content) => new('0', name) { Content = content };

    public static TarPiece Text(string name, string text) => File(name, Encoding.UTF8.GetBytes(text));

    public static TarPiece HardLink(string name, string target) => new('1', name) { Link = target };

    public static TarPiece SymbolicLink(string name, string target) => new('2', name) { Link = target, Mode = "0777" };

    public static TarPiece Character(string name, int major, int minor) => new('3', name) { Device = (major, minor), Mode = "0666" };

    /// <summary>Says that NAME of a layer below is gone.</summary>
    public static TarPiece Whiteout(string folder, string name) => new('0', $"{folder}/.wh.{name}") { Mode = "0000" };

    /// <summary>Says that nothing of the layers below shows in this folder.</summary>
    public static TarPiece Opaque(string folder) => new('0', $"{folder}/.wh..wh..opq") { Mode = "0000" };
}

/// <summary>Writes tar byte by byte; .NET's own writer refuses half of what real layers hold.</summary>
/// <remarks>Source: POSIX pax, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format"; star(5) for SCHILY.xattr.</remarks>
internal static class RawTar
{
    private const int BlockSize = 512;

    public static byte[] Write(params IEnumerable<TarPiece> pieces)
    {
        using var tar = new MemoryStream();
        foreach (var piece in pieces) Write(tar, piece);
        tar.Write(new byte[2 * BlockSize]);
        return tar.ToArray();
    }

    /// <summary>A whole layer of these entries.</summary>
    public static BuiltLayer Layer(params IEnumerable<TarPiece> pieces) => LayerBuilder.Pack(Write(pieces));

    private static void Write(MemoryStream tar, TarPiece piece)
    {
        var link = Encoding.UTF8.GetBytes(piece.Link);
        if (piece.Dialect == TarDialect.Pax) WriteRecords(tar, piece, link);
        if (piece.Dialect == TarDialect.Gnu && piece.NameBytes.Length > 100) WriteLong(tar, 'L', piece.NameBytes);
        if (piece.Dialect == TarDialect.Gnu && link.Length > 100) WriteLong(tar, 'K', link);
        tar.Write(Header(piece, link));
        WritePadded(tar, piece.Content);
    }

    private static void WriteLong(MemoryStream tar, char kind, byte[] text)
    {
        byte[] content = [.. text, 0];
        tar.Write(Header(new(kind, "././@LongLink") { Content = content, Dialect = TarDialect.Gnu }, []));
        WritePadded(tar, content);
    }

    private static void WriteRecords(MemoryStream tar, TarPiece piece, byte[] link)
    {
        var records = new List<byte>();
        if (piece.NameBytes.Length > 100) records.AddRange(Record("path", piece.NameBytes));
        if (link.Length > 100) records.AddRange(Record("linkpath", link));
        if (piece.Owner > 0x1FFFFF) records.AddRange(Record("uid", Digits(piece.Owner)));
        if (piece.Group > 0x1FFFFF) records.AddRange(Record("gid", Digits(piece.Group)));
        if (piece.Modified.Ticks % TimeSpan.TicksPerSecond is > 0 and var ticks) records.AddRange(Record("mtime", [.. Digits(piece.Modified.ToUnixTimeSeconds()), (byte)'.', .. Fraction(ticks)]));
        foreach (var (key, value) in piece.Attributes) records.AddRange(Record($"SCHILY.xattr.{key}", value));
        if (records.Count == 0) return;
        tar.Write(Header(new('x', "PaxHeaders/0") { Content = [.. records], Dialect = TarDialect.Ustar }, []));
        WritePadded(tar, [.. records]);
    }

    // "LENGTH KEY=VALUE\n", where the length counts its own digits too
    private static byte[] Record(string key, byte[] value)
    {
        byte[] rest = [(byte)' ', .. Encoding.UTF8.GetBytes(key), (byte)'=', .. value, (byte)'\n'];
        var length = rest.Length + 1;
        while (length != rest.Length + Digits(length).Length) length++;
        return [.. Digits(length), .. rest];
    }

    private static byte[] Header(TarPiece piece, byte[] link)
    {
        var block = new byte[BlockSize];
        PutName(block, piece);
        Put(block, 100, Encoding.ASCII.GetBytes(piece.Mode.PadLeft(7, '0')));
        PutNumber(block, 108, 8, piece.Owner, piece.Dialect);
        PutNumber(block, 116, 8, piece.Group, piece.Dialect);
        PutNumber(block, 124, 12, piece.Content.Length, piece.Dialect);
        PutNumber(block, 136, 12, piece.Modified.ToUnixTimeSeconds(), piece.Dialect);
        block[156] = (byte)piece.Kind;
        Put(block, 157, link.AsSpan(0, Math.Min(link.Length, 100)));
        Put(block, 257, piece.Dialect == TarDialect.Gnu ? "ustar  \0"u8 : "ustar\000"u8);
        Put(block, 265, Encoding.UTF8.GetBytes(piece.OwnerName));
        Put(block, 297, Encoding.UTF8.GetBytes(piece.GroupName));
        PutNumber(block, 329, 8, piece.Device.Major, piece.Dialect);
        PutNumber(block, 337, 8, piece.Device.Minor, piece.Dialect);
        Seal(block);
        return block;
    }

    /// <summary>Writes a header's checksum anew.</summary>
    public static void Seal(Span<byte> block)
    {
        block.Slice(148, 8).Fill((byte)' ');
        var sum = 0;
        foreach (var value in block) sum += value;
        Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(block[148..]);
    }

    private static void PutName(byte[] block, TarPiece piece)
    {
        var name = piece.NameBytes;
        if (name.Length > 100 && piece.Dialect == TarDialect.Ustar)
        {
            var cut = Array.FindIndex(name, name.Length - 101, value => value == '/');
            Put(block, 345, name.AsSpan(0, cut));
            name = name[(cut + 1)..];
        }

        Put(block, 0, name.AsSpan(0, Math.Min(name.Length, 100)));
    }

    // beyond the octal digits GNU writes base 256 with the highest bit set, and PAX has said it in a record
    private static void PutNumber(byte[] block, int offset, int width, long value, TarDialect dialect)
    {
        var digits = Convert.ToString(value, 8);
        if (digits.Length < width) Put(block, offset, Encoding.ASCII.GetBytes(digits.PadLeft(width - 1, '0')));
        else if (dialect == TarDialect.Pax) Put(block, offset, Encoding.ASCII.GetBytes(new string('0', width - 1)));
        else PutBinary(block.AsSpan(offset, width), value);
    }

    private static void PutBinary(Span<byte> field, long value)
    {
        for (var i = field.Length - 1; i > 0; i--, value >>= 8) field[i] = (byte)value;
        field[0] = 0x80;
    }

    private static void Put(byte[] block, int offset, ReadOnlySpan<byte> text) => text.CopyTo(block.AsSpan(offset));

    private static void WritePadded(MemoryStream tar, byte[] content)
    {
        tar.Write(content);
        tar.Write(new byte[(BlockSize - (content.Length % BlockSize)) % BlockSize]);
    }

    private static byte[] Fraction(long ticks) => Encoding.ASCII.GetBytes(ticks.ToString("0000000", CultureInfo.InvariantCulture));

    private static byte[] Digits(long number) => Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture));
}
