using System.Text.Json.Nodes;

namespace AppPreflight.Rehearsal;

/// <summary>Alters single bytes behind the back of an engine or a registry, as a failing disk would.</summary>
/// <remarks>Source of the paths: moby 20.10, image/fs.go, layer/filestore.go, reference/store.go.</remarks>
internal static class Spoiler
{
    /// <summary>Turns one bit in the middle of a file; size and time stamps stay what they were.</summary>
    public static void FlipBit(string path)
    {
        var written = File.GetLastWriteTimeUtc(path);
        using (var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite))
        {
            file.Position = file.Length / 2;
            var old = file.ReadByte();
            file.Position--;
            file.WriteByte((byte)(old ^ 1));
        }

        File.SetLastWriteTimeUtc(path, written);
    }

    /// <summary>The engine's copy of an image's config.</summary>
    public static string StoredConfigPath(Engine engine, string configDigest) =>
        Path.Combine(ImageRoot(engine), "imagedb/content/sha256", Hex(configDigest));

    /// <summary>A file inside a layer as the engine keeps it unpacked. The layer is the one at <paramref name="place"/>, from below.</summary>
    public static string StoredFilePath(Engine engine, BuiltImage image, int place, string file) =>
        Path.Combine(LayerPlace.AllOf(engine, image)[place].Files, file);

    /// <summary>Lets repository@digest name another image. The engine reads this file at its start only, so it has to be stopped.</summary>
    public static void PointDigestReference(Engine engine, string repository, string manifestDigest, string imageId)
    {
        var path = Path.Combine(ImageRoot(engine), "repositories.json");
        var table = JsonNode.Parse(File.ReadAllText(path))!;
        table["Repositories"]![repository]![$"{repository}@{manifestDigest}"] = imageId;
        File.WriteAllText(path, table.ToJsonString());
    }

    private static string ImageRoot(Engine engine) => Path.Combine(engine.DataRoot, "image/overlay2");

    private static string Hex(string digest) => digest["sha256:".Length..];
}
