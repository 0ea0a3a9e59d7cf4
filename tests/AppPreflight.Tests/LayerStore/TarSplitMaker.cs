using System.Buffers.Binary;
using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using AppPreflight.Archive;

namespace AppPreflight.LayerStore;

/// <summary>Splits a tar as tar-split's disassemble.go does, by the framework's own tar reader: a witness of another school.</summary>
internal static class TarSplitMaker
{
    /// <summary>The JSON lines, and the contents of the file pieces of size &gt; 0 in order.</summary>
    public static (byte[] Json, List<byte[]> Contents) Split(byte[] tar)
    {
        var lines = new StringBuilder();
        var contents = new List<byte[]>();
        var position = 0;
        var done = 0;
        using var reader = new TarReader(new MemoryStream(tar));
        while (reader.GetNextEntry() is { } entry)
        {
            var start = HeaderEnd(tar, done, contents.Count == 0 && position == 0 ? 0 : Pad(done));
            var length = (int)entry.Length;
            Segment(lines, ref position, tar.AsSpan(done, start - done));
            var content = tar.AsSpan(start, length).ToArray();
            File(lines, ref position, entry.Name, content);
            if (length > 0) contents.Add(content);
            done = start + length;
        }

        Segment(lines, ref position, tar.AsSpan(done, Math.Min(tar.Length - done, Pad(done) + 1024)));
        done += Math.Min(tar.Length - done, Pad(done) + 1024);
        Segment(lines, ref position, tar.AsSpan(done));
        return (Encoding.UTF8.GetBytes(lines.ToString()), contents);
    }

    public static byte[] Pack(byte[] json)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest)) gzip.Write(json);
        return packed.ToArray();
    }

    public static LayerTree Tree(byte[] tar)
    {
        using var reader = TarSplitReader.OverJson(new MemoryStream(Split(tar).Json));
        return SplitTree.Build(reader, null, CancellationToken.None);
    }

    public static void Segment(StringBuilder lines, ref int position, ReadOnlySpan<byte> bytes) =>
        lines.Append(new JsonObject { ["type"] = 2, ["payload"] = Convert.ToBase64String(bytes), ["position"] = position++ }.ToJsonString()).Append('\n');

    public static void File(StringBuilder lines, ref int position, string name, byte[] content)
    {
        var line = new JsonObject { ["type"] = 1, ["name"] = name };
        var sum = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(sum, Crc64.Of(content));
        if (content.Length > 0) line["size"] = content.Length;
        line["payload"] = content.Length > 0 ? Convert.ToBase64String(sum) : null;
        line["position"] = position++;
        lines.Append(line.ToJsonString()).Append('\n');
    }

    private static int Pad(int at) => (512 - (at % 512)) % 512;

    // behind the padding: meta headers with their contents, then the entry's own block
    private static int HeaderEnd(byte[] tar, int at, int padding)
    {
        for (at += padding; tar[at + 156] is (byte)'x' or (byte)'L' or (byte)'K'; at += 512 + Size(tar, at) + Pad(Size(tar, at))) continue;
        return at + 512;
    }

    private static int Size(byte[] tar, int at) => Convert.ToInt32(Encoding.ASCII.GetString(tar, at + 124, 12).Trim('\0', ' '), 8);
}
