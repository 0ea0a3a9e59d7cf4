using System.Globalization;
using System.Text;

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
        var masked = new StringBuilder();
        var at = 0;
        while (NextBlock(filtered, at) is var (start, end) && start >= 0)
        {
            masked.Append(filtered, at, start - at);
            if (blocks.Count == MostBlocks)
                throw new FormatException($"It has more than {MostBlocks} code blocks.");
            var alone = IsAlone(filtered, start, end);
            blocks.Add(new ComposeBlock(
                filtered[(start + Token.Length)..(end - Token.Length)], filtered.AsSpan(0, start).Count('\n') + 1, LineBefore(filtered, start), LineAfter(filtered, end)));
            var mark = string.Create(CultureInfo.InvariantCulture, $"{MarkStart}{blocks.Count}{MarkEnd}");
            if (!alone)
            {
                masked.Append(mark);
            }
            else if (FillsValue(masked, filtered, end) is var position && position >= 0)
            {
                masked.Insert(position, ' ' + mark);
            }

            at = end;
        }

        return new ComposeTemplate(masked.Append(filtered, at, filtered.Length - at).ToString(), blocks);
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
    private static int FillsValue(StringBuilder before, string text, int end)
    {
        var above = before.ToString().TrimEnd();
        var line = above[(above.LastIndexOf('\n') + 1)..];
        if (!line.EndsWith(':'))
        {
            return -1;
        }

        var next = text[end..].Split('\n').FirstOrDefault(l => l.AsSpan().Trim() is { Length: > 0 } rest && rest[0] != '#') ?? "";
        var deeper = Depth(next) > Depth(line) || (Depth(next) == Depth(line) && next.TrimStart().StartsWith("- ", StringComparison.Ordinal));
        return next.Length > 0 && deeper ? -1 : above.Length;
    }

    private static int Depth(string line) => line.Length - line.TrimStart(' ').Length;
}
