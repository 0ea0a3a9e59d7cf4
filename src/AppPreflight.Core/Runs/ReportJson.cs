using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using AppPreflight.Checks;
using AppPreflight.Oci;

namespace AppPreflight.Runs;

/// <summary>The report's JSON: camelCase fields, kebab-case codes, UTC times. Field by field in docs/formats.md.</summary>
/// <remarks>
/// Written and read by hand: serialising the report's enums through generated metadata compiles some hundred methods at
/// run time (measured: 80 ms, as long as the rest of a check), and leaves a field null that an older report does not have.
/// </remarks>
public static class ReportJson
{
    /// <summary>A report is read back only up to this size in bytes.</summary>
    public const int MaxBytes = 16 << 20;

    // control characters are still escaped; apostrophes, arrows and umlauts stay readable
    internal static readonly JsonWriterOptions Layout = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>UTF-8, indented, one line end at the end.</summary>
    public static byte[] Write(PreflightReport report)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var json = new Utf8JsonWriter(buffer, Layout)) new ReportWriter(json).Write(report);
        buffer.Write("\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>The report as one value of a larger document.</summary>
    public static void Write(PreflightReport report, Utf8JsonWriter json) => new ReportWriter(json).Write(report);

    /// <summary>A finding as one value of a larger document, as the report has it.</summary>
    public static void Write(Finding finding, Utf8JsonWriter json) => new ReportWriter(json).WriteWhole(finding);

    /// <summary>Fields it does not know are passed over: more may be added.</summary>
    /// <exception cref="FormatException">Not a report of this schema; the message says where.</exception>
    public static PreflightReport Read(ReadOnlyMemory<byte> bytes) => OciJson.Read(bytes, "the report", MaxBytes, ReportReader.Read);

    /// <summary>A report that is one value of a larger document.</summary>
    /// <exception cref="FormatException">Not a report of this schema.</exception>
    public static PreflightReport Read(JsonElement report) => ReportReader.Read(report);

    /// <summary>A finding that is one value of a larger document.</summary>
    /// <exception cref="FormatException">Not a finding.</exception>
    public static Finding ReadFinding(JsonElement finding) => ReportReader.Finding(finding);
}
