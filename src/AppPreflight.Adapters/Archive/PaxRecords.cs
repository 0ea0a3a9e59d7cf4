namespace AppPreflight.Archive;

/// <summary>The records of one PAX header that matter here; a later x header replaces an earlier one whole (Go's Reader.next).</summary>
internal sealed class PaxRecords
{
    private byte[] sparseMajor = [];
    private byte[] sparseMinor = [];
    private bool sparseMap;

    /// <summary>Null, here and below: the record is missing or empty, and the header's own field counts (mergePAX).</summary>
    public byte[]? Path { get; private set; }

    public byte[]? LinkPath { get; private set; }

    public long? Uid { get; private set; }

    public long? Gid { get; private set; }

    public long? Size { get; private set; }

    /// <summary>Seconds since 1970 with a fraction ("1741947010.25"), as written.</summary>
    public byte[]? Modified { get; private set; }

    public byte[]? UserName { get; private set; }

    public byte[]? GroupName { get; private set; }

    public IReadOnlyList<LayerXattr> Xattrs { get; private set; } = [];

    /// <summary>A GNU sparse file in one of its PAX dresses 0.0, 0.1 and 1.0 (readGNUSparsePAXHeaders).</summary>
    public bool IsSparse =>
        sparseMajor.Length == 0 && sparseMinor.Length == 0
            ? sparseMap
            : (sparseMajor.AsSpan().SequenceEqual("0"u8) && (sparseMinor.AsSpan().SequenceEqual("0"u8) || sparseMinor.AsSpan().SequenceEqual("1"u8)))
                || (sparseMajor.AsSpan().SequenceEqual("1"u8) && sparseMinor.AsSpan().SequenceEqual("0"u8));

    /// <exception cref="InvalidDataException">Not records as strconv.go's parsePAXRecord takes them.</exception>
    public static PaxRecords Read(ReadOnlySpan<byte> text)
    {
        var records = new PaxRecords();
        var xattrs = new Dictionary<byte[], LayerXattr>(ByteKeys.Instance);
        while (!text.IsEmpty)
        {
            var record = Next(ref text, out var key);
            if (key.StartsWith("SCHILY.xattr."u8)) Note(xattrs, key["SCHILY.xattr.".Length..].ToArray(), record);
            else records.Note(key, record);
        }

        if (xattrs.Count > 0) records.Xattrs = [.. xattrs.Values];
        return records;
    }

    // an empty value counts as no record, and takes away an earlier one of the same name
    private static void Note(Dictionary<byte[], LayerXattr> xattrs, byte[] name, ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty) xattrs.Remove(name);
        else xattrs[name] = new(name, value.ToArray());
    }

    // "LENGTH KEY=VALUE\n", where LENGTH counts the whole record
    private static ReadOnlySpan<byte> Next(ref ReadOnlySpan<byte> text, out ReadOnlySpan<byte> key)
    {
        var space = text.IndexOf((byte)' ');
        if (space < 0 || !TarNumber.TryDecimal(text[..space], out var length) || length < 5 || length > text.Length || length < space + 2 || text[(int)length - 1] != '\n')
            throw new InvalidDataException("A PAX header has a record of the wrong length.");
        var record = text[(space + 1)..((int)length - 1)];
        text = text[(int)length..];
        var equals = record.IndexOf((byte)'=');
        if (equals <= 0 || record[..equals].Contains((byte)0)) throw new InvalidDataException("A PAX header has a record without a name.");
        key = record[..equals];
        return record[(equals + 1)..];
    }

    private void Note(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (key.SequenceEqual("path"u8)) Path = Text(value);
        else if (key.SequenceEqual("linkpath"u8)) LinkPath = Text(value);
        else if (key.SequenceEqual("uid"u8)) Uid = Number(value);
        else if (key.SequenceEqual("gid"u8)) Gid = Number(value);
        else if (key.SequenceEqual("size"u8)) Size = Number(value);
        else if (key.SequenceEqual("mtime"u8)) Modified = value.IsEmpty ? null : value.ToArray();
        else if (key.SequenceEqual("uname"u8)) UserName = value.IsEmpty ? null : value.ToArray();
        else if (key.SequenceEqual("gname"u8)) GroupName = value.IsEmpty ? null : value.ToArray();
        else if (key.StartsWith("GNU.sparse."u8)) NoteSparse(key["GNU.sparse.".Length..], value);
    }

    private void NoteSparse(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (key.SequenceEqual("major"u8)) sparseMajor = value.ToArray();
        else if (key.SequenceEqual("minor"u8)) sparseMinor = value.ToArray();
        else if (key.SequenceEqual("map"u8) || key.SequenceEqual("offset"u8)) sparseMap = sparseMap || value.Length > 0;
    }

    private static byte[]? Text(ReadOnlySpan<byte> value)
    {
        if (value.Contains((byte)0)) throw new InvalidDataException("A PAX header has a NUL in a path.");
        return value.IsEmpty ? null : value.ToArray();
    }

    private static long? Number(ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty) return null;
        return TarNumber.TryDecimal(value, out var number) ? number : throw new InvalidDataException("A PAX header has a number that is none.");
    }
}
