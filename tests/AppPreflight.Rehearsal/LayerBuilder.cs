using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace AppPreflight.Rehearsal;

/// <summary>A layer: its tar, named by <see cref="DiffId"/>, and the compressed blob, named by <see cref="Digest"/>.</summary>
internal sealed record BuiltLayer(byte[] Tar, string DiffId, byte[] Compressed, string Digest)
{
    public BuiltLayer(byte[] tar, byte[] compressed)
        : this(tar, LayerBuilder.Sha256(tar), compressed, LayerBuilder.Sha256(compressed))
    {
    }
}

/// <summary>Makes one layer, entry by entry; the same calls give the same bytes on every machine.</summary>
internal sealed class LayerBuilder : IDisposable
{
    private const UnixFileMode Readable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Executable = Readable | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private readonly MemoryStream buffer = new();
    private readonly TarWriter writer;

    public LayerBuilder() => writer = new(buffer, TarEntryFormat.Ustar, leaveOpen: true);

    /// <summary>When the files of rehearsal images were made; a fixed date keeps the digests fixed.</summary>
    public static DateTimeOffset Birth { get; } = new(2025, 3, 14, 10, 10, 10, TimeSpan.Zero);

    public void Dispose()
    {
        writer.Dispose();
        buffer.Dispose();
    }

    public LayerBuilder AddFolder(string path) => Add(new(TarEntryType.Directory, path + "/") { Mode = Executable });

    public LayerBuilder AddFile(string path, byte[] content, bool executable = false)
    {
        using var stream = new MemoryStream(content);
        return Add(new(TarEntryType.RegularFile, path) { Mode = executable ? Executable : Readable, DataStream = stream });
    }

    public LayerBuilder AddText(string path, string text) => AddFile(path, Encoding.UTF8.GetBytes(text));

    public LayerBuilder AddLink(string path, string target) =>
        Add(new(TarEntryType.SymbolicLink, path) { Mode = Executable, LinkName = target });

    /// <summary>A file that no compressor makes smaller; its bytes depend on <paramref name="seed"/> alone.</summary>
    public LayerBuilder AddBulk(string path, int sizeBytes, string seed) => AddFile(path, Bulk(sizeBytes, seed));

    /// <summary>The bytes of such a file.</summary>
    public static byte[] Bulk(int sizeBytes, string seed)
    {
        var content = new byte[sizeBytes];
        new Random(BitConverter.ToInt32(SHA256.HashData(Encoding.UTF8.GetBytes(seed)))).NextBytes(content);
        return content;
    }

    public BuiltLayer Build()
    {
        writer.Dispose();
        return Pack(buffer.ToArray());
    }

    /// <summary>A layer of a finished tar.</summary>
    public static BuiltLayer Pack(byte[] tar, CompressionLevel level = CompressionLevel.Fastest)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, level, leaveOpen: true)) gzip.Write(tar);
        return new(tar, packed.ToArray());
    }

    public static string Sha256(ReadOnlySpan<byte> bytes) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes));

    private LayerBuilder Add(UstarTarEntry entry)
    {
        entry.ModificationTime = Birth;
        writer.WriteEntry(entry);
        return this;
    }
}
