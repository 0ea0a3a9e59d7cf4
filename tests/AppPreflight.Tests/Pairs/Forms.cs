using System.Globalization;
using System.Text;
using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.Pairs;

/// <summary>Images to compare, as values named by what is in them.</summary>
internal static class Forms
{
    /// <summary>An image at a registry whose layers are named by single letters; the same letter is the same tar.</summary>
    /// <param name="layers">"abc": three layers. "e" is the empty one.</param>
    public static ImageForm Image(string layers, string config = "config", string packing = "")
    {
        var diffIds = layers.Select(DiffIdOf).ToList();
        var descriptors = layers.Select(letter => new Descriptor(MediaType.DockerLayerGzip, letter == 'e' && packing.Length == 0 ? Schema1Layer.EmptyBlob : DigestOf($"{letter} packed {packing}"), 100)).ToList();
        var configDigest = DigestOf($"{config} {layers}");
        var manifest = new ImageManifest(MediaType.DockerManifest, new(MediaType.DockerConfig, configDigest, 10), descriptors);
        var bytes = Document($"{config} {layers} {packing}");
        return new("r.example.test/app:1", ImagePlace.Registry)
        {
            Root = bytes,
            ManifestBytes = bytes,
            Manifest = manifest,
            ConfigDigest = configDigest,
            Config = new(new("linux", "amd64"), diffIds),
            Layers = [.. descriptors.Zip(diffIds, (packed, diffId) => new FormLayer(packed, diffId))],
        };
    }

    public static ImageForm With(this ImageForm form, params (string Name, string Value)[] fields) =>
        form with { Config = form.Config with { Fields = fields.ToDictionary(one => one.Name, one => one.Value) } };

    public static ImageForm Made(this ImageForm form, params HistoryEntry[] history) => form with { Config = form.Config with { History = history } };

    public static ImageForm For(this ImageForm form, string architecture) => form with { Config = form.Config with { Platform = new("linux", architecture) } };

    public static Served Document(string text, string mediaType = MediaType.DockerManifest) => Served.Of(Encoding.UTF8.GetBytes(text), mediaType);

    public static DiffId DiffIdOf(char letter) => letter == 'e' ? Schema1Layer.EmptyTar : new(DigestOf(letter.ToString()));

    public static Digest DigestOf(string text) => Digest.Of(Encoding.UTF8.GetBytes(text));

    /// <summary>A layer of files in one word each: "d etc", "f etc/motd hello", "h etc/motd" (hidden), "o etc" (opaque folder), "i etc" (nobody describes it), "l etc/x target".</summary>
    public static LayerFiles Layer(int place, params IEnumerable<string> lines) =>
        new(place, DiffIdOf((char)('a' + place)), [.. lines.Select((line, i) => File(line, i)).OrderBy(file => file.Path, StringComparer.Ordinal)]);

    public static LayerFile File(string line, int place = 0)
    {
        var words = line.Split(' ');
        var (path, content) = (words[1] == "/" ? "" : words[1], words.Length > 2 ? words[2] : "");
        var stamp = new FileStamp(words.Length > 3 ? long.Parse(words[3], CultureInfo.InvariantCulture) : 1, 0, "root", "root", place + 1);
        return words[0] switch
        {
            "d" => new(path, LayerFileKind.Directory) { Mode = 0x1ed, Stamp = stamp },
            "o" => new(path, LayerFileKind.Directory) { Mode = 0x1ed, IsOpaque = true, Stamp = stamp },
            "i" => new(path, LayerFileKind.ImplicitDirectory),
            "h" => new(path, LayerFileKind.Whiteout),
            "l" => new(path, LayerFileKind.Symlink) { Target = content, Stamp = stamp },
            _ => new(path, LayerFileKind.File) { Mode = 0x1a4, SizeBytes = content.Length, Content = DigestOf(content), Stamp = stamp },
        };
    }
}
