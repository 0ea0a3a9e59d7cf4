using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Microsoft.Extensions.Logging;

namespace AppPreflight.Agent;

/// <summary>One entry of the log, and its forms: journald's native protocol, sd-daemon(3) lines, plain lines.</summary>
internal sealed record LogLine(LogLevel Level, string Message)
{
    private const int LongestMessage = 8 << 10;
    private const int LongestField = 256;

    public string? App { get; init; }

    public string? Run { get; init; }

    public string? Finding { get; init; }

    /// <summary>syslog's numbers: 3 error, 4 warning, 6 information, 7 debug.</summary>
    public int Priority => Level switch
    {
        LogLevel.Critical => 2,
        LogLevel.Error => 3,
        LogLevel.Warning => 4,
        LogLevel.Information => 6,
        _ => 7,
    };

    /// <summary>systemd's JOURNAL_NATIVE_PROTOCOL: FIELD=value lines; a value with a line feed comes with its length instead.</summary>
    public byte[] ToJournal()
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        Write(buffer, "MESSAGE", Cut(Message, LongestMessage));
        Write(buffer, "PRIORITY", $"{Priority}");
        Write(buffer, "SYSLOG_IDENTIFIER", "app-preflight");
        Write(buffer, "APP", Cut(App, LongestField));
        Write(buffer, "RUN", Cut(Run, LongestField));
        Write(buffer, "FINDING", Cut(Finding, LongestField));
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>One line for standard error.</summary>
    /// <param name="withPriority">With the prefix that systemd reads the priority from.</param>
    public string ToLine(bool withPriority) =>
        (withPriority ? $"<{Priority}>" : "app-preflight: ") + Oci.Quote.Short(Message, LongestMessage) + "\n";

    private static string? Cut(string? text, int longest) => text is null || text.Length <= longest ? text : text[..longest];

    private static void Write(ArrayBufferWriter<byte> buffer, string field, string? value)
    {
        if (string.IsNullOrEmpty(value)) return;
        Encoding.UTF8.GetBytes(field, buffer);
        var bytes = Encoding.UTF8.GetBytes(value);
        if (bytes.AsSpan().Contains((byte)'\n'))
        {
            buffer.Write("\n"u8);
            BinaryPrimitives.WriteInt64LittleEndian(buffer.GetSpan(sizeof(long)), bytes.Length);
            buffer.Advance(sizeof(long));
        }
        else
        {
            buffer.Write("="u8);
        }

        buffer.Write(bytes);
        buffer.Write("\n"u8);
    }
}
