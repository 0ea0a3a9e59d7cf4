using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;

namespace AppPreflight.AppCenter;

/// <summary>What a scalar without quotes is: the three readers' own patterns.</summary>
/// <remarks>Source: resolver.py of ruamel.yaml 0.17.21 (implicit_resolvers) and of PyYAML 6.0.</remarks>
internal static partial class YamlScalarTypes
{
    private const RegexOptions Options = RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture;

    /// <summary>Python's int() of a literal stops here too (sys.int_info), and so a hostile number stays cheap.</summary>
    private const int MaxDigits = 4300;

    private const int Milliseconds = 1000;

    public static YamlKind Resolve(string text, YamlDialect dialect) => text switch
    {
        "" or "~" or "null" or "Null" or "NULL" => YamlKind.Null,
        "=" or "<<" => YamlKind.Tagged,
        _ when IsBool(text, dialect) => YamlKind.Bool,
        _ when text.Length > MaxDigits || !CanBeNumber(text[0]) => YamlKind.Text,
        _ when Floats(dialect).IsMatch(text) => YamlKind.Float,
        _ when Integers(dialect).IsMatch(text) => YamlKind.Integer,
        _ when DateAlone.IsMatch(text) || DateTime.IsMatch(text) => YamlKind.Date,
        _ => YamlKind.Text,
    };

    /// <exception cref="ComposeFaultException">The text is no number.</exception>
    public static BigInteger ToInteger(string written, YamlDialect dialect)
    {
        var text = written.Replace("_", "", StringComparison.Ordinal);
        var negative = text.StartsWith('-');
        var digits = text.TrimStart('+', '-');
        if (digits.Length is 0 or > MaxDigits || text.Length - digits.Length > 1)
        {
            throw ComposeFaultException.BadValue($"'{written}' is no number");
        }

        var value = Magnitude(digits, dialect) ?? throw ComposeFaultException.BadValue($"'{written}' is no number");
        return negative ? -value : value;
    }

    private static BigInteger? Magnitude(string digits, YamlDialect dialect)
    {
        if (digits.StartsWith("0b", StringComparison.Ordinal))
        {
            return InBase(digits.AsSpan(2), 2);
        }

        if (digits.StartsWith("0x", StringComparison.Ordinal))
        {
            return InBase(digits.AsSpan(2), 16);
        }

        if (digits.StartsWith("0o", StringComparison.Ordinal) && dialect == YamlDialect.AppCenter)
        {
            return InBase(digits.AsSpan(2), 8);
        }

        if (dialect == YamlDialect.AppCenter)
        {
            return InBase(digits, 10);
        }

        return digits.Contains(':', StringComparison.Ordinal) ? Sexagesimal(digits) : InBase(digits, digits[0] == '0' ? 8 : 10);
    }

    private static BigInteger? Sexagesimal(string digits)
    {
        BigInteger? value = 0;
        foreach (var part in digits.Split(':'))
        {
            value = value * 60 + InBase(part, 10);
        }

        return value;
    }

    private static BigInteger? InBase(ReadOnlySpan<char> digits, int radix)
    {
        if (digits.IsEmpty)
        {
            return null;
        }

        BigInteger value = 0;
        foreach (var digit in digits)
        {
            var weight = char.IsAsciiHexDigit(digit) ? Convert.ToInt32(digit.ToString(), 16) : radix;
            if (weight >= radix)
            {
                return null;
            }

            value = value * radix + weight;
        }

        return value;
    }

    /// <summary>Only zero, whole or not, and not-a-number matter here; a sexagesimal fraction counts as its first part.</summary>
    public static double ToFloat(string written)
    {
        var text = written.Replace("_", "", StringComparison.Ordinal).ToLowerInvariant();
        return text.TrimStart('+', '-') switch
        {
            ".inf" => text[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity,
            ".nan" => double.NaN,
            var plain => double.TryParse(plain.Split(':')[0], NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
                ? (text[0] == '-' ? -value : value)
                : throw ComposeFaultException.BadValue($"'{written}' is no number"),
        };
    }

    /// <exception cref="ComposeFaultException">A day, hour or zone that does not exist.</exception>
    public static void RefuseImpossibleDate(string text)
    {
        var parts = Number.Matches(text).Select(m => int.Parse(m.Value, CultureInfo.InvariantCulture)).Take(6).ToArray();
        if (parts[0] < 1 || parts[1] is < 1 or > 12 || parts[2] < 1 || parts[2] > System.DateTime.DaysInMonth(parts[0], parts[1])
            || (parts.Length >= 6 && (parts[3] > 23 || parts[4] > 59 || parts[5] > 59)))
        {
            throw ComposeFaultException.BadValue($"'{text}' is no date");
        }
    }

    public static bool IsDate(string text) => DateAlone.IsMatch(text) || DateTime.IsMatch(text);

    private static bool CanBeNumber(char c) => char.IsAsciiDigit(c) || c is '-' or '+' or '.';

    private static bool IsBool(string text, YamlDialect dialect) => text switch
    {
        "true" or "True" or "TRUE" or "false" or "False" or "FALSE" => true,
        "yes" or "Yes" or "YES" or "no" or "No" or "NO" or "on" or "On" or "ON" or "off" or "Off" or "OFF" =>
            dialect != YamlDialect.AppCenter,
        "y" or "Y" or "n" or "N" => dialect == YamlDialect.AppCenterDirective11,
        _ => false,
    };

    private static Regex Floats(YamlDialect dialect) => dialect switch
    {
        YamlDialect.AppCenter => Float12,
        YamlDialect.AppCenterDirective11 => Float11,
        _ => FloatTool,
    };

    private static Regex Integers(YamlDialect dialect) => dialect switch
    {
        YamlDialect.AppCenter => Integer12,
        YamlDialect.AppCenterDirective11 => Integer11,
        _ => IntegerTool,
    };

    [GeneratedRegex(@"^([-+]?[0-9][0-9_]*\.[0-9_]*([eE][-+]?[0-9]+)?|[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+|[-+]?\.[0-9_]+([eE][-+][0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))\n?\z", Options, Milliseconds)]
    private static partial Regex Float12 { get; }

    [GeneratedRegex(@"^([-+]?[0-9][0-9_]*\.[0-9_]*([eE][-+]?[0-9]+)?|[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+|\.[0-9_]+([eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))\n?\z", Options, Milliseconds)]
    private static partial Regex Float11 { get; }

    [GeneratedRegex(@"^([-+]?[0-9][0-9_]*\.[0-9_]*([eE][-+][0-9]+)?|\.[0-9][0-9_]*([eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))\n?\z", Options, Milliseconds)]
    private static partial Regex FloatTool { get; }

    [GeneratedRegex(@"^([-+]?0b[0-1_]+|[-+]?0o?[0-7_]+|[-+]?[0-9_]+|[-+]?0x[0-9a-fA-F_]+)\n?\z", Options, Milliseconds)]
    private static partial Regex Integer12 { get; }

    [GeneratedRegex(@"^([-+]?0b[0-1_]+|[-+]?0?[0-7_]+|[-+]?(0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(:[0-5]?[0-9])+)\n?\z", Options, Milliseconds)]
    private static partial Regex Integer11 { get; }

    [GeneratedRegex(@"^([-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(:[0-5]?[0-9])+)\n?\z", Options, Milliseconds)]
    private static partial Regex IntegerTool { get; }

    [GeneratedRegex(@"^[0-9]{4}-[0-9]{2}-[0-9]{2}\n?\z", Options, Milliseconds)]
    private static partial Regex DateAlone { get; }

    [GeneratedRegex(@"^[0-9]{4}-[0-9][0-9]?-[0-9][0-9]?([Tt]|[ \t]+)[0-9][0-9]?:[0-9]{2}:[0-9]{2}(\.[0-9]*)?([ \t]*(Z|[-+][0-9][0-9]?(:[0-9]{2})?))?\n?\z", Options, Milliseconds)]
    private static partial Regex DateTime { get; }

    [GeneratedRegex("[0-9]+", Options, Milliseconds)]
    private static partial Regex Number { get; }
}
