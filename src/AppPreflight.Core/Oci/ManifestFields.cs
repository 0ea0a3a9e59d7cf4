using System.Text.Json;

namespace AppPreflight.Oci;

/// <summary>
/// What a manifest says besides naming its configuration and layers: "annotations.x", "artifactType", "subject.digest",
/// "config.annotations.x", "layers[0].annotations.x". By the rules of <see cref="DocumentFields"/>.
/// </summary>
public static class ManifestFields
{
    /// <exception cref="FormatException">Not a manifest of schema 2 or OCI; the message names the place.</exception>
    public static IReadOnlyDictionary<string, string> Of(Served manifest) => OciJson.Read(manifest.Bytes, "the manifest", ImageManifest.MaxBytes, root =>
    {
        var fields = new SortedDictionary<string, string>(StringComparer.Ordinal);
        Add(fields, root, "", name => name is not ("schemaVersion" or "mediaType" or "config" or "layers"));
        if (root.Find("config") is { ValueKind: JsonValueKind.Object } config) Add(fields, config, "config.", IsSpoken);
        foreach (var (place, layer) in root.List("layers", ImageManifest.MaxLayers).Index())
            if (layer.ValueKind == JsonValueKind.Object) Add(fields, layer, $"layers[{place}].", IsSpoken);
        return fields;
    });

    private static bool IsSpoken(string name) => name == "annotations";

    private static void Add(SortedDictionary<string, string> fields, JsonElement part, string prefix, Func<string, bool> isTold)
    {
        foreach (var (name, value) in DocumentFields.Of(part, prefix, isTold)) fields[name] = value;
    }
}
