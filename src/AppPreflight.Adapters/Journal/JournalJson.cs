using System.Text.Json;
using System.Text.Json.Serialization;
using AppPreflight.Ports;
using AppPreflight.Remedies;
using AppPreflight.Runs;

namespace AppPreflight.Journal;

/// <summary>Journal and holder lines: docs/formats.md has them field by field.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    Converters = [typeof(Kebab<JournalMark>), typeof(Kebab<RemedyKind>), typeof(Kebab<ActionOutcome>), typeof(Kebab<RunVerb>)])]
[JsonSerializable(typeof(JournalLine))]
[JsonSerializable(typeof(RunHolder))]
internal sealed partial class JournalJsonContext : JsonSerializerContext;

internal static class JournalJson
{
    /// <summary>One line with its end; JSON escapes every line break inside.</summary>
    public static byte[] Write(JournalLine line) =>
        [.. JsonSerializer.SerializeToUtf8Bytes(line with { At = line.At.ToUniversalTime() }, JournalJsonContext.Default.JournalLine), (byte)'\n'];

    /// <returns>Null for anything that is not a journal line.</returns>
    public static JournalLine? Read(ReadOnlySpan<byte> line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, JournalJsonContext.Default.JournalLine);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
