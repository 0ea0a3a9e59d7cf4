using System.Text.Json;
using System.Text.Json.Serialization;
using AppPreflight.Checks;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Remedies;
using AppPreflight.Upgrades;

namespace AppPreflight.Runs;

/// <summary>The report's JSON: camelCase fields, kebab-case codes, UTC times. Field by field in docs/formats.md.</summary>
public static class ReportJson
{
    /// <summary>A report is read back only up to this size in bytes.</summary>
    public const int MaxBytes = 16 << 20;

    /// <summary>UTF-8, indented, one line end at the end.</summary>
    public static byte[] Write(PreflightReport report) =>
        [.. JsonSerializer.SerializeToUtf8Bytes(report, ReportJsonContext.Default.PreflightReport), (byte)'\n'];

    /// <exception cref="FormatException">Not a report of this schema.</exception>
    public static PreflightReport Read(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var report = JsonSerializer.Deserialize(bytes, ReportJsonContext.Default.PreflightReport);
            return report?.Schema == PreflightReport.SchemaName
                ? report
                : throw new FormatException($"not a report of schema {PreflightReport.SchemaName}");
        }
        catch (JsonException e)
        {
            throw new FormatException($"not a report: {Quote.Short(e.Message)}", e);
        }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    WriteIndented = true,
    RespectNullableAnnotations = true,
    Converters =
    [
        typeof(Kebab<Depth>), typeof(Kebab<Verdict>), typeof(Kebab<StepMode>), typeof(Kebab<FindingCode>), typeof(Kebab<Source>),
        typeof(Kebab<Look>), typeof(Kebab<RemedyKind>), typeof(Kebab<ActionOutcome>),
    ])]
[JsonSerializable(typeof(PreflightReport))]
internal sealed partial class ReportJsonContext : JsonSerializerContext;

/// <summary>Enum names as the wire has them: TagMoved is "tag-moved".</summary>
public sealed class Kebab<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false)
    where T : struct, Enum;

public static class WireNames
{
    /// <summary>The kebab-case name of a code or verdict, as the report has it.</summary>
    public static string Wire<T>(this T value) where T : struct, Enum => JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());
}
