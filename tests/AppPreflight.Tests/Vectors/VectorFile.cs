using System.Text;
using System.Text.Json;

namespace AppPreflight.Vectors;

/// <summary>One file of App Center test vectors: what the real code made of which input. Format: shared/vectors/README.md.</summary>
/// <remarks>
/// The generated families lie beside the test binaries. <c>APP_PREFLIGHT_VECTORS</c> names a folder whose files of the
/// same names are run instead. The files that Univention ships (<c>real-*</c>) are not copied: they are read from
/// <c>shared/vectors</c> beside the checkout, where it exists.
/// </remarks>
public sealed record VectorFile(string Path, IReadOnlyList<VectorCase> Cases)
{
    public static VectorFile Load(string family) =>
        Find(family) ?? throw new FileNotFoundException($"No vector file for the family '{family}'.");

    public static VectorFile? Find(string family) =>
        Candidates(family + ".json").FirstOrDefault(File.Exists) is { } path ? Read(path) : null;

    /// <summary>Of these families the ones that are there: for TestCaseSource.</summary>
    public static IEnumerable<string> Present(params string[] families) =>
        families.Where(family => Candidates(family + ".json").Any(File.Exists));

    private static IEnumerable<string> Candidates(string name)
    {
        if (Environment.GetEnvironmentVariable("APP_PREFLIGHT_VECTORS") is { Length: > 0 } folder)
        {
            yield return System.IO.Path.Combine(folder, name);
        }

        yield return System.IO.Path.Combine(AppContext.BaseDirectory, "Vectors", name);
        for (var above = new DirectoryInfo(AppContext.BaseDirectory); above is not null; above = above.Parent)
        {
            yield return System.IO.Path.Combine(above.FullName, "shared", "vectors", name);
        }
    }

    private static VectorFile Read(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        return new(path, [.. document.RootElement.GetProperty("cases").EnumerateArray().Select(found => new VectorCase(found.Clone()))]);
    }
}

/// <summary>One case: its inputs by name, and what is expected.</summary>
public sealed record VectorCase(JsonElement Json)
{
    public string Name => Json.GetProperty("name").GetString()!;

    public string Category => Json.GetProperty("category").GetString()!;

    public JsonElement Expected => Json.GetProperty("expected");

    /// <summary>An input as text; null if it is null or absent.</summary>
    public string? Text(string input) => Json.TryGetProperty(input, out var value) ? value.GetString() : null;

    /// <summary>A content as exact bytes; null if the file does not exist.</summary>
    public byte[]? Bytes(string input) => Json.TryGetProperty(input, out var value) ? Bytes(value) : null;

    public static byte[]? Bytes(JsonElement content) => content.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.String => Encoding.UTF8.GetBytes(content.GetString()!),
        _ => content.GetProperty("b64").GetBytesFromBase64(),
    };

    /// <summary>The members of an input that is an object (file name to content, key to value); none if it is absent.</summary>
    public IEnumerable<JsonProperty> Members(string input) =>
        Json.TryGetProperty(input, out var value) && value.ValueKind == JsonValueKind.Object ? value.EnumerateObject() : [];
}
