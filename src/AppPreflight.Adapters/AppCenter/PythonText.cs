using System.Globalization;
using System.Text;

namespace AppPreflight.AppCenter;

/// <summary>What Python's text functions take for a blank, a line end and a number: the App Center's files are read by them.</summary>
internal static class PythonText
{
    /// <summary>Python refuses longer texts (sys.get_int_max_str_digits).</summary>
    private const int MaxDigits = 4300;

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

    /// <summary>int(text): blanks around, a sign, digits of any script, single underscores between digits.</summary>
    /// <returns>Null with <paramref name="complaint"/>, Python's own sentence, where int() raises. Beyond the range of long: the nearest long.</returns>
    public static long? ToInteger(string text, out string complaint)
    {
        complaint = "";
        string digits = Strip(text);
        bool negative = digits.StartsWith('-');
        if (Digits(negative || digits.StartsWith('+') ? digits[1..] : digits) is not { } ascii)
        {
            complaint = $"invalid literal for int() with base 10: {Quoted(text)}";
            return null;
        }

        if (ascii.Length > MaxDigits)
        {
            complaint = $"Exceeds the limit ({MaxDigits} digits) for integer string conversion: value has {ascii.Length} digits";
            return null;
        }

        var value = System.Numerics.BigInteger.Parse((negative ? "-" : "") + ascii, NumberFormatInfo.InvariantInfo);
        return (long)System.Numerics.BigInteger.Clamp(value, long.MinValue, long.MaxValue);
    }

    private static string? Digits(string text)
    {
        var ascii = new StringBuilder(text.Length);
        bool afterDigit = false;
        for (int index = 0; index < text.Length; index += char.IsSurrogatePair(text, index) ? 2 : 1)
        {
            int digit = CharUnicodeInfo.GetDecimalDigitValue(text, index);
            if (digit < 0 && !(text[index] == '_' && afterDigit))
            {
                return null;
            }

            afterDigit = digit >= 0;
            ascii.Append(afterDigit ? ((char)('0' + digit)).ToString() : "");
        }

        return afterDigit ? ascii.ToString() : null;
    }

    private static string Quoted(string text)
    {
        char quote = text.Contains('\'') && !text.Contains('"') ? '"' : '\'';
        string shown = text.Length <= 200 ? text : text[..200];
        return quote + shown.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal) + quote;
    }
}
