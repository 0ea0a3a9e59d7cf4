using System.Text.Json;

namespace AppPreflight.Oci;

/// <summary>Strict reading of the small JSON documents of an image: bounded, no duplicate keys, every complaint names its place.</summary>
internal static class OciJson
{
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 32, AllowDuplicateProperties = false };

    /// <summary>Parses <paramref name="bytes"/> and hands the root object on.</summary>
    /// <exception cref="FormatException">Not a JSON object, too deep, a key twice, or what <paramref name="read"/> finds wrong.</exception>
    public static T Read<T>(ReadOnlyMemory<byte> bytes, string what, int maxBytes, Func<JsonElement, T> read) =>
        ReadRoot(bytes, what, maxBytes, root => root.ValueKind == JsonValueKind.Object ? read(root) : throw new FormatException($"{what} is not a JSON object"));

    /// <summary>The same for a document whose root is a list; its elements are read one by one.</summary>
    /// <exception cref="FormatException">Not a JSON list, longer than <paramref name="most"/>, and as above.</exception>
    public static IReadOnlyList<T> ReadList<T>(ReadOnlyMemory<byte> bytes, string what, int maxBytes, int most, Func<JsonElement, T> read) =>
        ReadRoot<IReadOnlyList<T>>(bytes, what, maxBytes, root => root.ValueKind != JsonValueKind.Array ? throw new FormatException($"{what} is not a JSON list")
            : root.GetArrayLength() > most ? throw new FormatException($"{what} has {root.GetArrayLength()} entries, more than the {most} allowed")
            : [.. root.EnumerateArray().Select(read)]);

    private static T ReadRoot<T>(ReadOnlyMemory<byte> bytes, string what, int maxBytes, Func<JsonElement, T> read)
    {
        if (bytes.Length > maxBytes) throw new FormatException($"{what} has {bytes.Length} bytes, more than the {maxBytes} allowed");
        try
        {
            using var document = JsonDocument.Parse(bytes, Strict);
            return read(document.RootElement);
        }
        catch (JsonException e)
        {
            throw new FormatException($"{what} is not valid JSON: {Quote.Short(e.Message)}", e);
        }
        catch (InvalidOperationException e)
        {
            // a string with a lone surrogate can't be read as text
            throw new FormatException($"{what} holds text that is not Unicode", e);
        }
    }

    /// <exception cref="FormatException">The key is there in another spelling: Go, and so every engine, takes "Layers" for "layers".</exception>
    public static JsonElement? Find(this JsonElement parent, string key)
    {
        if (parent.ValueKind != JsonValueKind.Object) return null;
        foreach (var property in parent.EnumerateObject())
            if (IsOtherSpelling(property.Name, key)) throw new FormatException($"\"{Quote.Short(property.Name)}\" stands where \"{key}\" belongs, which readers do not agree on");
        return parent.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    // Go folds the long s and the Kelvin sign too (encoding/json, foldName)
    private static bool IsOtherSpelling(string name, string key) =>
        name.Length == key.Length && name != key && string.Equals(name.Replace('\u017f', 's').Replace('\u212a', 'k'), key, StringComparison.OrdinalIgnoreCase);

    public static string? Text(this JsonElement parent, string key) => parent.Find(key) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } value => value.GetString(),
        _ => throw new FormatException($"\"{key}\" is not a text"),
    };

    /// <returns>The elements; none when the key is missing or null.</returns>
    public static IReadOnlyList<JsonElement> List(this JsonElement parent, string key, int most) => parent.Find(key) switch
    {
        null => [],
        { ValueKind: JsonValueKind.Array } value when value.GetArrayLength() <= most => [.. value.EnumerateArray()],
        { ValueKind: JsonValueKind.Array } value => throw new FormatException($"\"{key}\" has {value.GetArrayLength()} entries, more than the {most} allowed"),
        _ => throw new FormatException($"\"{key}\" is not a list"),
    };

    public static long Number(this JsonElement parent, string key) =>
        parent.Find(key) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out var number) && number >= 0
            ? number
            : throw new FormatException($"\"{key}\" is not a size in bytes");

    public static Descriptor Descriptor(this JsonElement element, string place)
    {
        if (element.ValueKind != JsonValueKind.Object) throw new FormatException($"{place} is not an object");
        var digest = element.Text("digest") ?? throw new FormatException($"{place} has no digest");
        var annotations = element.Find("annotations");
        var (mediaType, size) = (element.Text("mediaType") ?? "", element.Number("size"));
        // a pebibyte: a thousand of them still are a number
        const long mostBytes = 1L << 50;
        if (size > mostBytes) throw new FormatException($"{place} claims {size} bytes");
        return new(mediaType, Digest.Parse(digest), size)
        {
            Platform = element.Find("platform") is { } platform ? Platform(platform) : null,
            IsAttestation = annotations?.Text("vnd.docker.reference.type") == "attestation-manifest",
        };
    }

    public static Platform Platform(this JsonElement element) =>
        new(element.Text("os") ?? "", element.Text("architecture") ?? "", element.Text("variant"));
}
