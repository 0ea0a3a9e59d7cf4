using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace AppPreflight.AppCenter;

/// <summary>The lines of a file as codecs.open(…, 'utf-8') hands them out one by one.</summary>
/// <remarks>
/// Source: Python's codecs.py, StreamReader. Two of its habits matter. A character that is cut by the end of the file
/// is dropped. And an invalid byte raises only when the reading comes near it, so that what stands before may end the
/// reading first, with another result: hence the same steps of 72 bytes and more where a file is not UTF-8.
/// </remarks>
internal sealed class PythonLines
{
    private const int FirstStep = 72;
    private const int LargestStep = 8000;

    private readonly byte[] content;
    private readonly Queue<string> ready = new();
    private int read;
    private int undecoded;
    private string pending = "";

    private PythonLines(byte[] content) => this.content = content;

    /// <returns>Each line with its end; the last element is null if the next line can't be decoded.</returns>
    public static IEnumerable<string?> Of(byte[] content)
    {
        int whole = content.Length - IncompleteTail(content);
        return Utf8.IsValid(content.AsSpan(0, whole))
            ? PythonText.SplitLines(Encoding.UTF8.GetString(content, 0, whole))
            : new PythonLines(content).Lines();
    }

    private static int IncompleteTail(ReadOnlySpan<byte> content)
    {
        for (int length = 1; length <= 3 && length <= content.Length; length++)
        {
            if (DecodeOne(content[^length..], out _, out _) == OperationStatus.NeedMoreData)
            {
                return length;
            }
        }

        return 0;
    }

    private IEnumerable<string?> Lines()
    {
        while (true)
        {
            string? line;
            try
            {
                line = NextLine();
            }
            catch (DecoderFallbackException)
            {
                line = null;
            }

            if (line is { Length: 0 })
            {
                yield break;
            }

            yield return line;
            if (line is null)
            {
                yield break;
            }
        }
    }

    private string NextLine()
    {
        if (ready.Count > 0)
        {
            string cached = ready.Dequeue();
            if (ready.Count == 1)
            {
                pending = ready.Dequeue();
            }

            return cached;
        }

        var line = new StringBuilder();
        for (int step = FirstStep; ; step = step < LargestStep ? step * 2 : step)
        {
            string more = Take(step, step, firstLine: true);
            if (more.EndsWith('\r'))
            {
                more += Take(1, 1, firstLine: false);
            }

            // what came before holds no line end
            var lines = PythonText.SplitLines(more);
            if (lines.Count > 1)
            {
                KeepRest(lines);
                return line.Append(lines[0]).ToString();
            }

            line.Append(more);
            if (more.Length == 0 || PythonText.IsLineEnd(more[^1]))
            {
                return line.ToString();
            }
        }
    }

    private void KeepRest(List<string> lines)
    {
        lines[^1] += pending;
        pending = lines.Count == 2 ? lines[1] : "";
        foreach (string line in lines.Count == 2 ? [] : lines.Skip(1))
        {
            ready.Enqueue(line);
        }
    }

    /// <summary>Up to <paramref name="characters"/> characters, decoding as many bytes at a time as it takes.</summary>
    private string Take(int characters, int bytes, bool firstLine)
    {
        while (CountCodePoints(pending) < characters)
        {
            int end = Math.Min(content.Length, read + bytes);
            bool anyNew = end > read;
            read = end;
            if (undecoded == end)
            {
                break;
            }

            pending += Decode(end, firstLine);
            if (!anyNew)
            {
                break;
            }
        }

        int length = LengthOf(pending, characters);
        string taken = pending[..length];
        pending = pending[length..];
        return taken;
    }

    /// <exception cref="DecoderFallbackException">Invalid, and (with <paramref name="firstLine"/>) not two lines before it.</exception>
    private string Decode(int end, bool firstLine)
    {
        var text = new StringBuilder();
        while (undecoded < end)
        {
            var status = DecodeOne(content.AsSpan(undecoded, end - undecoded), out var rune, out int used);
            if (status == OperationStatus.NeedMoreData)
            {
                break;
            }

            if (status == OperationStatus.InvalidData)
            {
                string sound = text.ToString();
                return firstLine && PythonText.SplitLines(sound).Count > 1 ? sound : throw new DecoderFallbackException();
            }

            text.Append(rune.ToString());
            undecoded += used;
        }

        return text.ToString();
    }

    /// <summary>Two bytes that could only begin a surrogate are to Python's decoder the cut beginning of a character, not an error.</summary>
    private static OperationStatus DecodeOne(ReadOnlySpan<byte> bytes, out Rune rune, out int used)
    {
        var status = Rune.DecodeFromUtf8(bytes, out rune, out used);
        return bytes is [0xED, >= 0xA0 and <= 0xBF] ? OperationStatus.NeedMoreData : status;
    }

    private static int CountCodePoints(string text) => text.Length - text.Count(char.IsLowSurrogate);

    private static int LengthOf(string text, int codePoints)
    {
        int index = 0;
        for (; codePoints > 0 && index < text.Length; codePoints--)
        {
            index += char.IsSurrogatePair(text, index) ? 2 : 1;
        }

        return index;
    }
}
