using System.Globalization;
using System.Text;

namespace AppPreflight.LayerStore;

/// <summary>Writes tars header by header, with anything in them; knows nothing of the code it tests.</summary>
internal sealed class TarMaker
{
    private readonly MemoryStream tar = new();

    public static byte[] Header(char type, byte[] name, long mode = 0x1ed, long uid = 0, long gid = 0, long size = 0, string link = "", int major = 0, int minor = 0, string magic = "ustar\000")
    {
        var block = new byte[512];
        name.AsSpan(0, Math.Min(100, name.Length)).CopyTo(block);
        Put(block, 100, Octal(mode, 7));
        Put(block, 108, Octal(uid, 7));
        Put(block, 116, Octal(gid, 7));
        Put(block, 124, Octal(size, 11));
        Put(block, 136, Octal(1_700_000_000, 11));
        block[156] = (byte)type;
        Put(block, 157, link);
        Put(block, 257, magic);
        if (magic.Length > 0)
        {
            Put(block, 329, Octal(major, 7));
            Put(block, 337, Octal(minor, 7));
        }

        return Seal(block);
    }

    /// <summary>Gives the block the checksum that its bytes have.</summary>
    public static byte[] Seal(byte[] block)
    {
        block.AsSpan(148, 8).Fill((byte)' ');
        Put(block, 148, Octal(block.Sum(one => (long)one), 6) + "\0 ");
        return block;
    }

    public static byte[] Padded(byte[] content) => [.. content, .. new byte[(512 - (content.Length % 512)) % 512]];

    public static byte[] Meta(char type, byte[] content, string name = "././@Meta") => [.. Header(type, Encoding.UTF8.GetBytes(name), size: content.Length), .. Padded(content)];

    public static byte[] Records(params (string Key, byte[] Value)[] records) => [.. records.SelectMany(record => Record(record.Key, record.Value))];

    public TarMaker Add(char type, string name, int mode = 0x1ed, long uid = 0, long gid = 0, string link = "", byte[]? content = null, int major = 0, int minor = 0, params (string Key, byte[] Value)[] pax)
    {
        content ??= [];
        if (Encoding.UTF8.GetByteCount(name) > 100) pax = [.. pax, ("path", Encoding.UTF8.GetBytes(name))];
        if (pax.Length > 0) tar.Write(Meta('x', Records(pax)));
        tar.Write(Header(type, Encoding.UTF8.GetBytes(name), mode, uid, gid, content.Length, link, major, minor));
        tar.Write(Padded(content));
        return this;
    }

    public TarMaker AddRaw(byte[] blocks)
    {
        tar.Write(blocks);
        return this;
    }

    public byte[] End()
    {
        tar.Write(new byte[1024]);
        return tar.ToArray();
    }

    private static byte[] Record(string key, byte[] value)
    {
        var rest = 3 + Encoding.UTF8.GetByteCount(key) + value.Length;
        var length = rest + 1;
        while (length != rest + length.ToString(CultureInfo.InvariantCulture).Length) length++;
        return [.. Encoding.UTF8.GetBytes($"{length} {key}="), .. value, (byte)'\n'];
    }

    private static string Octal(long number, int digits) => Convert.ToString(number, 8).PadLeft(digits, '0');

    private static void Put(byte[] block, int at, string text) => Encoding.Latin1.GetBytes(text).CopyTo(block.AsSpan(at));
}
