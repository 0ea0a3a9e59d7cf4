using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;

namespace AppPreflight.Rehearsal;

/// <summary>The single blows of <see cref="LayerDamages"/>. Each gives back the act that mends it.</summary>
internal static class LayerSpoiler
{
    private const int BlockSize = 512;

    public static Action FlipBit(string file)
    {
        Spoiler.FlipBit(file);
        return () => Spoiler.FlipBit(file);
    }

    /// <summary>Writes other bytes into the file itself, which keeps all its names and attributes, and its time.</summary>
    public static Action Rewrite(string file, Func<byte[], byte[]> change)
    {
        var old = File.ReadAllBytes(file);
        var written = File.GetLastWriteTimeUtc(file);
        Overwrite(change(old));
        return () => Overwrite(old);

        void Overwrite(byte[] bytes)
        {
            using (var stream = new FileStream(file, FileMode.Open, FileAccess.Write))
            {
                stream.SetLength(0);
                stream.Write(bytes);
            }

            File.SetLastWriteTimeUtc(file, written);
        }
    }

    /// <summary>Writes a small file of a layer's record, which need not be there.</summary>
    public static Action Write(IReadOnlyList<LayerPlace> places, int at, string name, string text)
    {
        var file = Path.Combine(places[at].Record, name);
        return File.Exists(file)
            ? Rewrite(file, _ => Encoding.ASCII.GetBytes(text))
            : Create(file, () => File.WriteAllText(file, text));
    }

    public static Action Create(string path, Action create)
    {
        create();
        return () => Delete(path);
    }

    public static Action TakeAway(LayerPlace place, string path) => TakeAway(place, path, Encoding.UTF8);

    /// <summary>The same of a file whose name is in another encoding.</summary>
    public static Action TakeAway(LayerPlace place, string path, Encoding encoding)
    {
        Directory.CreateDirectory(place.Aside);
        var kept = Encoding.UTF8.GetBytes(Path.Combine(place.Aside, Guid.NewGuid().ToString("N")));
        var name = encoding.GetBytes(path);
        FileCalls.Rename(name, kept);
        return () => FileCalls.Rename(kept, name);
    }

    public static Action Replace(LayerPlace place, string path, Action create)
    {
        var bringBack = TakeAway(place, path);
        create();
        return () =>
        {
            Delete(path);
            bringBack();
        };
    }

    public static Action SetMode(string path, string mode)
    {
        var old = File.GetUnixFileMode(path);
        File.SetUnixFileMode(path, (UnixFileMode)Convert.ToInt32(mode, 8));
        return () => File.SetUnixFileMode(path, old);
    }

    public static Action SetOwner(string path, (uint User, uint Group) old, (uint User, uint Group) other)
    {
        FileCalls.SetOwner(path, other.User, other.Group);
        return () => FileCalls.SetOwner(path, old.User, old.Group);
    }

    /// <param name="path">A file or folder.</param>
    /// <param name="key">It need not have it yet.</param>
    /// <param name="value">Null takes the attribute away.</param>
    public static Action SetAttribute(string path, string key, byte[]? value)
    {
        var old = FileCalls.TryAttribute(path, key);
        Set(value);
        return () => Set(old);

        void Set(byte[]? bytes)
        {
            if (bytes is null) FileCalls.RemoveAttribute(path, key);
            else FileCalls.SetAttribute(path, key, bytes);
        }
    }

    public static void SymbolicLink(string path, string target, uint owner)
    {
        File.CreateSymbolicLink(path, target);
        FileCalls.SetOwner(path, owner, 0);
    }

    public static Action BreakHardLink(LayerPlace place, string path) =>
        Replace(place, path, () => Copy(Path.Combine(place.Files, StackedImages.Own(place.Index, "first")), path));

    // what is read through the link is right to the byte
    public static Action FileBecomesLink(LayerPlace place, string path) =>
        Replace(place, path, () => File.CreateSymbolicLink(path, "twin.bin"));

    /// <summary>A tar-split in which one header says a second more, with its checksum right.</summary>
    /// <remarks>Source: vbatts/tar-split, tar/storage/entry.go: JSON values one after the other, type 2 has raw bytes of the tar.</remarks>
    public static byte[] WithOtherTime(byte[] packed, string name)
    {
        var lines = Encoding.UTF8.GetString(Gunzip(packed)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return Gzip(Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => WithOtherTime(line, name) + "\n"))));
    }

    public static byte[] Gzip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true)) gzip.Write(bytes);
        return packed.ToArray();
    }

    private static string WithOtherTime(string line, string name)
    {
        var entry = JsonNode.Parse(line)!;
        if (entry["type"]!.GetValue<int>() != 2) return line;
        var bytes = Convert.FromBase64String(entry["payload"]!.GetValue<string>());
        var start = bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(name + "\0"));
        if (start < 0) return line;
        var header = bytes.AsSpan(start, BlockSize);
        header[146] = header[146] == (byte)'0' ? (byte)'1' : (byte)'0';
        RawTar.Seal(header);
        entry["payload"] = Convert.ToBase64String(bytes);
        return entry.ToJsonString();
    }

    private static byte[] Gunzip(byte[] packed)
    {
        using var gzip = new GZipStream(new MemoryStream(packed), CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        gzip.CopyTo(bytes);
        return bytes.ToArray();
    }

    private static void Copy(string from, string to)
    {
        using var copy = Process.Start("cp", ["-a", "--no-target-directory", from, to]);
        copy.WaitForExit();
        if (copy.ExitCode != 0) throw new RehearsalException($"cannot copy {from}");
    }

    private static void Delete(string path)
    {
        if (Directory.Exists(path) && new FileInfo(path).LinkTarget is null) Directory.Delete(path, recursive: true);
        else File.Delete(path);
    }
}
