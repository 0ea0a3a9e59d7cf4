using System.Globalization;
using System.Text;

namespace AppPreflight.AppCenter;

/// <summary>A piece of Python within a template, which the App Center would run as root and this program never does.</summary>
/// <param name="Code">What stands between the tokens.</param>
/// <param name="Line">Counted from 1.</param>
/// <param name="Alone">It has its lines for itself and so may print whole lines.</param>
internal sealed record ComposeBlock(string Code, int Line, bool Alone)
{
    private static readonly string[] Suspicious = ["image", "services", "profiles", "extends", "exec(", "eval(", "open("];

    /// <summary>Whether what it prints may name an image: then nothing is decided without running it.</summary>
    public bool MayNameImage => Suspicious.Any(word => Code.Contains(word, StringComparison.OrdinalIgnoreCase));
}

/// <summary>A filtered template with a mark in place of every code block.</summary>
internal sealed record ComposeTemplate(string Text, IReadOnlyList<ComposeBlock> Blocks)
{
    private const string Token = "@!@";

    /// <summary>Characters for private use: no template has them, and every YAML reader takes them as letters.</summary>
    private const char MarkStart = '\uE5B1';
    private const char MarkEnd = '\uE5B2';

    public static bool HasMark(string text) => text.Contains(MarkStart, StringComparison.Ordinal);

    /// <summary>Masks pairs of tokens from the top, as the App Center runs them; a last one without a partner stays.</summary>
    public static ComposeTemplate Mask(string filtered)
    {
        var blocks = new List<ComposeBlock>();
        var masked = new StringBuilder();
        var at = 0;
        while (NextBlock(filtered, at) is var (start, end) && start >= 0)
        {
            masked.Append(filtered, at, start - at);
            var alone = IsAlone(filtered, start, end);
            blocks.Add(new ComposeBlock(
                filtered[(start + Token.Length)..(end - Token.Length)], filtered.AsSpan(0, start).Count('\n') + 1, alone));
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

    private static bool IsAlone(string text, int start, int end)
    {
        var lineStart = text.LastIndexOf('\n', Math.Max(start - 1, 0)) + 1;
        var lineEnd = text.IndexOf('\n', end);
        return (start == 0 || text.AsSpan(Math.Min(lineStart, start), start - Math.Min(lineStart, start)).IsWhiteSpace())
            && text.AsSpan(end, (lineEnd < 0 ? text.Length : lineEnd) - end).IsWhiteSpace();
    }

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
