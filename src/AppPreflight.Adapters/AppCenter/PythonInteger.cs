using System.Globalization;
using System.Numerics;
using System.Text;

namespace AppPreflight.AppCenter;

/// <summary>Python's int(text): blanks around, a sign, digits of any script, single underscores between digits.</summary>
internal static class PythonInteger
{
    /// <summary>Python refuses longer texts (sys.get_int_max_str_digits).</summary>
    private const int MaxDigits = 4300;

    /// <summary>Python cuts a refused text here.</summary>
    private const int MaxShown = 200;

    /// <returns>Null with <paramref name="complaint"/>, Python's own sentence, where int() raises. Beyond the range of long: the nearest long.</returns>
    public static long? Parse(string text, out string complaint)
    {
        string stripped = PythonText.Strip(text);
        bool negative = stripped.StartsWith('-');
        string unsigned = negative || stripped.StartsWith('+') ? stripped[1..] : stripped;
        string? digits = LeadingDigits(unsigned, out int end);
        complaint = digits is { Length: > MaxDigits }
            ? $"Exceeds the limit ({MaxDigits} digits) for integer string conversion: value has {digits.Length} digits; use sys.set_int_max_str_digits() to increase the limit"
            : digits is null || end < unsigned.Length ? $"invalid literal for int() with base 10: {Shown(text)}"
            : "";
        return complaint.Length > 0 ? null : Clamped(digits!, negative);
    }

    private static long Clamped(string digits, bool negative)
    {
        var value = BigInteger.Parse(digits, NumberFormatInfo.InvariantInfo);
        return (long)BigInteger.Clamp(negative ? -value : value, long.MinValue, long.MaxValue);
    }

    /// <summary>The digits in front, in ASCII; null if there are none or an underscore does not stand between two.</summary>
    private static string? LeadingDigits(string text, out int end)
    {
        var ascii = new StringBuilder(text.Length);
        bool afterDigit = false;
        for (end = 0; end < text.Length; end += char.IsSurrogatePair(text, end) ? 2 : 1)
        {
            int digit = CharUnicodeInfo.GetDecimalDigitValue(text, end);
            if (digit < 0 && text[end] != '_')
            {
                break;
            }

            if (digit < 0 && !afterDigit)
            {
                return null;
            }

            afterDigit = digit >= 0;
            ascii.Append(afterDigit ? (char)('0' + digit) : '_');
        }

        return afterDigit ? ascii.Replace("_", "").ToString() : null;
    }

    /// <summary>Python's repr, which also keeps control characters of a hostile file off the terminal.</summary>
    private static string Shown(string text)
    {
        char quote = text.Contains('\'') && !text.Contains('"') ? '"' : '\'';
        var shown = new StringBuilder().Append(quote);
        int length = 1;
        foreach (var rune in text.EnumerateRunes())
        {
            string piece = Escaped(rune, quote);
            length += rune.Value == 0 || piece.Length > rune.Utf16SequenceLength ? piece.Length : 1;
            if (length > MaxShown)
            {
                return shown.Append(piece.AsSpan(0, Math.Max(0, piece.Length - (length - MaxShown)))).ToString();
            }

            shown.Append(piece);
        }

        return length < MaxShown ? shown.Append(quote).ToString() : shown.ToString();
    }

    private static string Escaped(Rune rune, char quote) => rune.Value switch
    {
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        '\\' => "\\\\",
        _ when rune.Value == quote => "\\" + quote,
        _ when IsPrintable(rune) => rune.ToString(),
        <= 0xFF => $"\\x{rune.Value:x2}",
        <= 0xFFFF => $"\\u{rune.Value:x4}",
        _ => $"\\U{rune.Value:x8}",
    };

    private static bool IsPrintable(Rune rune) => rune.Value == ' ' || Rune.GetUnicodeCategory(rune) is not
        (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
        or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.SpaceSeparator);
}
