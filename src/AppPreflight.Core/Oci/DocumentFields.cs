using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace AppPreflight.Oci;

/// <summary>
/// A JSON document as flat fields that can be compared one by one: "config.Labels.maintainer", "config.Env.PATH", "annotations.x".
/// What is empty (null, "", false, 0, {}, []) counts as not there: engines differ in whether they write it. Only volumes and ports are
/// sets in JSON's clothes: of "Volumes": {"/data": {}} the field is "Volumes./data", its value "{}".
/// </summary>
public static class DocumentFields
{
    private const int MostFields = 20_000;

    // each name holds those of all it lies in: without a bound a few megabytes would make gigabytes of names
    private const int LongestName = 1024;

    // some escape what others write as it is ("\u0026\u0026"), some indent
    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="root">An object of a document that was read within its bounds.</param>
    /// <param name="prefix">Before each name; "" for none.</param>
    /// <param name="isTold">Whether a field of the root itself is told at all.</param>
    /// <returns>Name to value: a text as it is, all else as compact JSON. Lists are one value, but those of "NAME=value" are taken apart.</returns>
    public static IReadOnlyDictionary<string, string> Of(JsonElement root, string prefix, Func<string, bool> isTold)
    {
        var fields = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var property in root.EnumerateObject())
            if (isTold(property.Name)) Add(fields, Name(prefix, IsRoot(prefix, property.Name) ? property.Name : Part(prefix.TrimEnd('.'), property.Name)), property.Value);
        return fields;
    }

    private static void Add(SortedDictionary<string, string> fields, string name, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object when IsSet(name):
                foreach (var property in value.EnumerateObject()) Put(fields, Below(name, property.Name), Written(property.Value));
                break;
            case JsonValueKind.Object:
                foreach (var property in value.EnumerateObject()) Add(fields, Below(name, Part(name, property.Name)), property.Value);
                break;
            case JsonValueKind.Array when IsEnvironment(name, value):
                foreach (var pair in value.EnumerateArray().Select(one => one.GetString()!.Split('=', 2))) Put(fields, Below(name, pair[0]), pair[1]);
                break;
            case JsonValueKind.Array when value.GetArrayLength() > 0:
                Put(fields, name, Written(value));
                break;
            case JsonValueKind.String when value.GetString() is { Length: > 0 } text:
                Put(fields, name, text);
                break;
            case JsonValueKind.Number when value.GetRawText() != "0":
                Put(fields, name, value.GetRawText());
                break;
            case JsonValueKind.True:
                Put(fields, name, "true");
                break;
        }
    }

    // "os.version" and BuildKit's own; any other could pass itself off as a field of a field
    private static bool IsRoot(string prefix, string name) =>
        prefix.Length == 0 && (name.StartsWith("os.", StringComparison.Ordinal) || name.StartsWith("moby.", StringComparison.Ordinal));

    // labels and annotations have dots by custom, and hold nothing but texts
    private static string Part(string parent, string name) =>
        !name.Contains('.', StringComparison.Ordinal) || parent.EndsWith("Labels", StringComparison.Ordinal) || parent.EndsWith("annotations", StringComparison.Ordinal) ? name : $"[\"{name}\"]";

    private static bool IsSet(string name) =>
        name.EndsWith("config.Volumes", StringComparison.Ordinal) || name.EndsWith("config.ExposedPorts", StringComparison.Ordinal);

    private static string Written(JsonElement value)
    {
        var text = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(text, Compact)) value.WriteTo(writer);
        return Encoding.UTF8.GetString(text.WrittenSpan);
    }

    // of a name that is there twice the order counts: then the list is one value
    private static bool IsEnvironment(string name, JsonElement value) =>
        name.EndsWith(".Env", StringComparison.Ordinal)
        && value.EnumerateArray().All(one => one.ValueKind == JsonValueKind.String && one.GetString()!.Contains('=', StringComparison.Ordinal))
        && value.EnumerateArray().Select(one => one.GetString()!.Split('=', 2)[0]).Distinct(StringComparer.Ordinal).Count() == value.GetArrayLength();

    private static string Below(string name, string part) => Name(name, "." + part);

    private static string Name(string prefix, string rest) => prefix.Length + rest.Length <= LongestName
        ? prefix + rest
        : throw new FormatException($"the document has a field whose name is longer than {LongestName} characters");

    private static void Put(SortedDictionary<string, string> fields, string name, string value)
    {
        if (fields.Count == MostFields) throw new FormatException($"the document has more than {MostFields} fields");
        fields[name] = fields.TryGetValue(name, out var other) ? $"{other} and {value}" : value;
    }
}
