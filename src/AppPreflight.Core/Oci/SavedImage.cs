using System.Text.Json;

namespace AppPreflight.Oci;

/// <summary>One image of manifest.json in an archive of <c>docker save</c>.</summary>
/// <param name="Config">The file with its configuration, by its name in the archive.</param>
/// <param name="Names">repository:tag; none for an image without.</param>
/// <param name="Layers">The files with its layers' tars, base first.</param>
/// <remarks>Source: Docker image specification v1.2, "Combined Image JSON + Filesystem Changeset Format"; moby image/tarexport.</remarks>
public sealed record SavedImage(string Config, IReadOnlyList<string> Names, IReadOnlyList<string> Layers)
{
    private const int MaxNames = 10_000;

    /// <summary>The configuration's digest where its file is named by it: "HEX.json", "blobs/sha256/HEX", "sha256:HEX".</summary>
    public Digest? Promised => Digest.TryParse("sha256:" + Config[(Config.LastIndexOfAny(['/', ':']) + 1)..].Replace(".json", "", StringComparison.Ordinal));

    /// <exception cref="FormatException">Not such a list; the message names the place.</exception>
    public static IReadOnlyList<SavedImage> ParseAll(ReadOnlyMemory<byte> bytes) =>
        OciJson.ReadList(bytes, "manifest.json", ImageManifest.MaxBytes, LayoutIndex.MaxEntries, Parse);

    private static SavedImage Parse(JsonElement image) => new(
        image.Text("Config") is { Length: > 0 } config ? config : throw new FormatException("an image in manifest.json has no Config"),
        Texts(image, "RepoTags", MaxNames),
        Texts(image, "Layers", ImageManifest.MaxLayers));

    private static IReadOnlyList<string> Texts(JsonElement image, string key, int most) =>
        [.. image.List(key, most).Select(text => text.ValueKind == JsonValueKind.String ? text.GetString()! : throw new FormatException($"\"{key}\" in manifest.json has an entry that is no text"))];
}
