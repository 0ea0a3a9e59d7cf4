using System.Globalization;
using System.Numerics;

namespace AppPreflight.AppCenter;

/// <summary>Python's <c>int()</c>: blanks around, a sign, digits of any script, single underscores between them.</summary>
internal static class PythonNumber
{
    private const int MaxDigits = 4300;

    public static BigInteger? Parse(string text)
    {
        var trimmed = text.Trim();
        var negative = trimmed.StartsWith('-');
        var digits = trimmed is ['+' or '-', ..] ? trimmed[1..] : trimmed;
        if (digits.Length is 0 or > MaxDigits || digits.StartsWith('_') || digits.EndsWith('_') || digits.Contains("__", StringComparison.Ordinal))
        {
            return null;
        }

        BigInteger value = 0;
        foreach (var c in digits.Where(c => c != '_'))
        {
            if (CharUnicodeInfo.GetDecimalDigitValue(c) is var digit && digit < 0)
            {
                return null;
            }

            value = value * 10 + digit;
        }

        return negative ? -value : value;
    }
}
