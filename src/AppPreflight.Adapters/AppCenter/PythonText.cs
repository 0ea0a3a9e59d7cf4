using System.Globalization;

namespace AppPreflight.AppCenter;

/// <summary>What Python's text functions take for a blank, a line end and a number: the App Center's files are read by them.</summary>
internal static class PythonText
{
    /// <summary>str.isspace and the \s of its patterns: Unicode's blanks and U+001C to U+001F. All of them are single UTF-16 units.</summary>
    public static bool IsSpace(char unit) => char.IsWhiteSpace(unit) || unit is >= '\u001C' and <= '\u001F';

    public static string Strip(string text) => TrimEnd(TrimStart(text));

    public static string TrimStart(string text)
    {
        int start = 0;
        while (start < text.Length && IsSpace(text[start]))
        {
            start++;
        }

        return text[start..];
    }

    public static string TrimEnd(string text)
    {
        int end = text.Length;
        while (end > 0 && IsSpace(text[end - 1]))
        {
            end--;
        }

        return text[..end];
    }

    /// <summary>str.splitlines(keepends=True): also at VT, FF, FS, GS, RS, NEL, U+2028 and U+2029.</summary>
    public static List<string> SplitLines(string text)
    {
        var lines = new List<string>();
        for (int start = 0; start < text.Length;)
        {
            int end = start;
            while (end < text.Length && !IsLineEnd(text[end]))
            {
                end++;
            }

            end += end >= text.Length ? 0 : text.AsSpan(end).StartsWith("\r\n") ? 2 : 1;
            lines.Add(text[start..end]);
            start = end;
        }

        return lines;
    }

    public static bool IsLineEnd(char unit) =>
        unit is >= '\n' and <= '\r' or >= '\u001C' and <= '\u001E' or '\u0085' or '\u2028' or '\u2029';

    /// <summary>re.split(r'\s*,\s*', text); an empty text is an empty list.</summary>
    public static IReadOnlyList<string> SplitList(string text)
    {
        if (text.Length == 0)
        {
            return [];
        }

        string[] parts = text.Split(',');
        for (int index = 0; index < parts.Length; index++)
        {
            parts[index] = index > 0 ? TrimStart(parts[index]) : parts[index];
            parts[index] = index < parts.Length - 1 ? TrimEnd(parts[index]) : parts[index];
        }

        return parts;
    }

    /// <summary>Steps over decimal digits of any script.</summary>
    /// <returns>Whether there was at least one.</returns>
    public static bool SkipDigits(string text, ref int index)
    {
        int start = index;
        while (index < text.Length && CharUnicodeInfo.GetDecimalDigitValue(text, index) >= 0)
        {
            index += char.IsSurrogatePair(text, index) ? 2 : 1;
        }

        return index > start;
    }
}
