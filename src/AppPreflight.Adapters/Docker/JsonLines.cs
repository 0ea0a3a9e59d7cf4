using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace AppPreflight.Docker;

/// <summary>An endless answer, one JSON document a line.</summary>
internal static class JsonLines
{
    private const int MaxLineBytes = 1 << 20;

    /// <summary>Each line as it comes; empty lines are skipped, an unfinished last one is read like the others.</summary>
    /// <exception cref="JsonException">A line is not the JSON expected.</exception>
    /// <exception cref="InvalidDataException">A line has more than 1 MiB.</exception>
    public static async IAsyncEnumerable<T> ReadAsync<T>(
        Stream stream, JsonTypeInfo<T> type, [EnumeratorCancellation] CancellationToken cancellationToken)
        where T : class
    {
        var buffer = new byte[8192];
        var filled = 0;
        while (true)
        {
            var count = await stream.ReadAsync(buffer.AsMemory(filled), cancellationToken);
            if (count == 0) break;
            var scanned = filled;
            filled += count;
            var start = 0;
            while (buffer.AsSpan(scanned, filled - scanned).IndexOf((byte)'\n') is var end and >= 0)
            {
                end += scanned;
                if (Parse(buffer.AsSpan(start, end - start), type) is { } value) yield return value;
                start = scanned = end + 1;
            }

            buffer.AsSpan(start, filled - start).CopyTo(buffer);
            filled -= start;
            if (filled == buffer.Length) buffer = Grow(buffer);
        }

        if (Parse(buffer.AsSpan(0, filled), type) is { } last) yield return last;
    }

    private static T? Parse<T>(ReadOnlySpan<byte> line, JsonTypeInfo<T> type)
        where T : class
    {
        line = line.Trim(" \t\r\n"u8);
        return line.IsEmpty ? null : JsonSerializer.Deserialize(line, type);
    }

    private static byte[] Grow(byte[] buffer)
    {
        if (buffer.Length >= MaxLineBytes) throw new InvalidDataException("a line has more than 1 MiB");
        Array.Resize(ref buffer, buffer.Length * 2);
        return buffer;
    }
}
