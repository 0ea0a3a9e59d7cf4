using System.Globalization;
using System.Text;

namespace AppPreflight.Apps;

/// <summary>One piece of a version: a number of any length, or a text.</summary>
/// <remarks>
/// Source: appcenter/app.py, LooseVersion._parse: the version is split at runs of decimal digits (of any script), of
/// a-z and of A-Z; the runs are tokens, and so is what stands between two of them, if all of it is letters and numbers.
/// </remarks>
/// <param name="IsNumber">Then <paramref name="Text"/> is ASCII digits without leading zeros.</param>
internal readonly record struct VersionToken(bool IsNumber, string Text)
{
    /// <summary>Python refuses to read longer runs as a number (sys.get_int_max_str_digits); they stay texts.</summary>
    private const int MaxDigits = 4300;

    public static IEnumerable<VersionToken> Of(string version)
    {
        for (int start = 0; start < version.Length;)
        {
            var kind = KindAt(version, start);
            bool isWord = true;
            int end = start;
            for (; end < version.Length && KindAt(version, end) == kind; end += LengthAt(version, end))
            {
                isWord &= IsLetterOrNumber(version, end);
            }

            if (kind == Kind.Digits)
            {
                yield return Number(version[start..end]);
            }
            else if (isWord)
            {
                yield return new(IsNumber: false, version[start..end]);
            }

            start = end;
        }
    }

    public int OrderAgainst(VersionToken other) => IsNumber && other.IsNumber && Text.Length != other.Text.Length
        ? Text.Length.CompareTo(other.Text.Length)
        : CompareCodePoints(Text, other.Text);

    private enum Kind
    {
        Gap,
        Digits,
        Small,
        Capital,
    }

    private static Kind KindAt(string text, int index) => text[index] switch
    {
        >= 'a' and <= 'z' => Kind.Small,
        >= 'A' and <= 'Z' => Kind.Capital,
        _ => CharUnicodeInfo.GetUnicodeCategory(text, index) == UnicodeCategory.DecimalDigitNumber ? Kind.Digits : Kind.Gap,
    };

    private static int LengthAt(string text, int index) => char.IsSurrogatePair(text, index) ? 2 : 1;

    /// <summary>Python's str.isalnum: the categories L* and N*, nothing else.</summary>
    private static bool IsLetterOrNumber(string text, int index) => CharUnicodeInfo.GetUnicodeCategory(text, index) switch
    {
        UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
            or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter
            or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => true,
        _ => false,
    };

    private static VersionToken Number(string digits)
    {
        var ascii = new StringBuilder(digits.Length);
        int count = 0;
        for (int index = 0; index < digits.Length; index += LengthAt(digits, index), count++)
        {
            int digit = CharUnicodeInfo.GetDecimalDigitValue(digits, index);
            if (digit != 0 || ascii.Length > 0)
            {
                ascii.Append((char)('0' + digit));
            }
        }

        return count > MaxDigits ? new(IsNumber: false, digits) : new(IsNumber: true, ascii.Length == 0 ? "0" : ascii.ToString());
    }

    /// <summary>By code point, as Python does: a surrogate pair is above U+FFFF, though its units are below U+E000.</summary>
    private static int CompareCodePoints(string left, string right)
    {
        int same = left.AsSpan().CommonPrefixLength(right);
        if (same == left.Length || same == right.Length)
        {
            return left.Length.CompareTo(right.Length);
        }

        return Math.Sign(CodePointAround(left, same) - CodePointAround(right, same));
    }

    private static int CodePointAround(string text, int index)
    {
        int first = index > 0 && char.IsSurrogatePair(text, index - 1) ? index - 1 : index;
        return char.IsSurrogatePair(text, first) ? char.ConvertToUtf32(text, first) : text[first];
    }
}
