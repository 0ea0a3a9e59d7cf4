using System.Globalization;
using System.Runtime.InteropServices;

namespace AppPreflight.AppCenter;

/// <summary>A filtered template with a mark in place of every code block.</summary>
internal sealed record ComposeTemplate(string Text, IReadOnlyList<ComposeBlock> Blocks)
{
    private const string Token = "@!@";
    private const int MostBlocks = 1000;

    /// <summary>Characters for private use: no template has them, and every YAML reader takes them as letters.</summary>
    private const char MarkStart = '\uE5B1';
    private const char MarkEnd = '\uE5B2';

    public static bool HasMark(string text) => text.Contains(MarkStart, StringComparison.Ordinal);

    /// <summary>Masks pairs of tokens from the top, as the App Center runs them; a last one without a partner stays.</summary>
    /// <exception cref="FormatException">More blocks than any file has.</exception>
    public static ComposeTemplate Mask(string filtered)
    {
        var blocks = new List<ComposeBlock>();
        var masked = new List<char>(filtered.Length);
        var (at, line) = (0, 1);
        while (NextBlock(filtered, at) is var (start, end) && start >= 0)
        {
            masked.AddRange(filtered.AsSpan(at, start - at));
            line += filtered.AsSpan(at, start - at).Count('\n');
            if (blocks.Count == MostBlocks)
                throw new FormatException($"It has more than {MostBlocks} code blocks.");
            var alone = IsAlone(filtered, start, end);
            blocks.Add(new ComposeBlock(
                filtered[(start + Token.Length)..(end - Token.Length)], line, LineBefore(filtered, start), LineAfter(filtered, end)));
            var mark = string.Create(CultureInfo.InvariantCulture, $"{MarkStart}{blocks.Count}{MarkEnd}");
            if (!alone)
            {
                masked.AddRange(mark);
            }
            else if (FillsValue(masked, filtered, end) is var position && position >= 0)
            {
                masked.InsertRange(position, ' ' + mark);
            }

            line += filtered.AsSpan(start, end - start).Count('\n');
            at = end;
        }

        masked.AddRange(filtered.AsSpan(at));
        return new ComposeTemplate(new string(CollectionsMarshal.AsSpan(masked)), blocks);
    }

    private static (int Start, int End) NextBlock(string text, int from)
    {
        var start = text.IndexOf(Token, from, StringComparison.Ordinal);
        var end = start < 0 ? -1 : text.IndexOf(Token, start + Token.Length, StringComparison.Ordinal);
        return end < 0 ? (-1, -1) : (start, end + Token.Length);
    }

    private static bool IsAlone(string text, int start, int end) =>
        string.IsNullOrWhiteSpace(LineBefore(text, start)) && string.IsNullOrWhiteSpace(LineAfter(text, end));

    private static string LineBefore(string text, int start) => text[(text.AsSpan(0, start).LastIndexOf('\n') + 1)..start];

    private static string LineAfter(string text, int end) =>
        text.AsSpan(end).IndexOf('\n') is >= 0 and var length ? text.Substring(end, length) : text[end..];

    /// <returns>Where the line before ends, if it is a key whose whole value the block prints; else -1.</returns>
    private static int FillsValue(List<char> before, string text, int end)
    {
        var above = CollectionsMarshal.AsSpan(before).TrimEnd();
        var line = above[(above.LastIndexOf('\n') + 1)..];
        if (line is not [.., ':'])
        {
            return -1;
        }

        var next = NextContent(text.AsSpan(end));
        var deeper = Depth(next) > Depth(line) || (Depth(next) == Depth(line) && next.TrimStart().StartsWith("- "));
        return next.Length > 0 && deeper ? -1 : above.Length;
    }

    /// <summary>The first line that is neither blank nor a comment; at the latest the one of the next block, so all blocks together cost one reading.</summary>
    private static ReadOnlySpan<char> NextContent(ReadOnlySpan<char> text)
    {
        foreach (var range in text.Split('\n'))
        {
            if (text[range].Trim() is [not '#', ..])
            {
                return text[range];
            }
        }

        return [];
    }

    private static int Depth(ReadOnlySpan<char> line) => line.Length - line.TrimStart(' ').Length;
}
