using System.Globalization;
using System.Text;

namespace AppPreflight.AppCenter;

/// <summary>Scalars: plain, quoted, block.</summary>
internal sealed partial class YamlScanner
{
    private static bool IsBreak(char c) => Breaks.Contains(c, StringComparison.Ordinal);

    /// <summary>The break as text: every line end is <c>\n</c>, U+2028 and U+2029 stay; empty if there is none.</summary>
    private string ScanBreak()
    {
        var c = text.Peek();
        switch (c)
        {
            case '\r' or '\n' or '\u0085':
                text.Forward(text.StartsWith("\r\n") ? 2 : 1);
                return "\n";
            case '\u2028' or '\u2029':
                text.Forward();
                return c.ToString();
            default:
                return "";
        }
    }

    private YamlToken ScanPlain()
    {
        var line = text.Line;
        var value = new StringBuilder();
        var spaces = "";
        while (text.Peek() != '#')
        {
            var length = PlainLength();
            if (length == 0)
            {
                break;
            }

            keyAllowed = false;
            value.Append(spaces).Append(text.Slice(length));
            text.Forward(length);
            spaces = ScanPlainSpaces();
            if (spaces.Length == 0 || (!InFlow && text.Column < indent + 1))
            {
                break;
            }
        }

        return new YamlToken(YamlTokenKind.Scalar, line, value.ToString());
    }

    private int PlainLength()
    {
        var length = 0;
        while (!EndsPlain(length))
        {
            length++;
        }

        if (InFlow && dialect != YamlDialect.ComposeTool && text.Peek(length) == ':'
            && !"\0 \t\r\n\u0085\u2028\u2029,[]{}".Contains(text.Peek(length + 1), StringComparison.Ordinal))
        {
            throw Fault("an unexpected ':' within brackets");
        }

        return length;
    }

    private bool EndsPlain(int at)
    {
        var c = text.Peek(at);
        var blankNext = BlankOrEnd.Contains(text.Peek(at + 1), StringComparison.Ordinal);
        if (dialect == YamlDialect.ComposeTool)
        {
            return BlankOrEnd.Contains(c, StringComparison.Ordinal)
                || (c == ':' && (blankNext || (InFlow && text.Peek(at + 1) is (',' or '[' or ']' or '{' or '}'))))
                || (InFlow && c is (',' or '?' or '[' or ']' or '{' or '}'));
        }

        if ((c == ':' && !blankNext) || (c == '?' && !Old))
        {
            return false;
        }

        return BlankOrEnd.Contains(c, StringComparison.Ordinal)
            || (!InFlow && c == ':')
            || (InFlow && ",:?[]{}".Contains(c, StringComparison.Ordinal));
    }

    private string ScanPlainSpaces()
    {
        var length = 0;
        while (text.Peek(length) == ' ')
        {
            length++;
        }

        text.Forward(length);
        if (!IsBreak(text.Peek()))
        {
            return new string(' ', length);
        }

        var first = ScanBreak();
        keyAllowed = true;
        if (AtSeparator())
        {
            return "";
        }

        var more = new StringBuilder();
        while (text.Peek() == ' ' || IsBreak(text.Peek()))
        {
            if (text.Peek() == ' ')
            {
                text.Forward();
                continue;
            }

            more.Append(ScanBreak());
            if (AtSeparator())
            {
                return "";
            }
        }

        return Fold(first, more.ToString());
    }

    /// <summary>One line end becomes a blank, more become one less.</summary>
    private static string Fold(string first, string more) => first != "\n" ? first + more : more.Length == 0 ? " " : more;

    private bool AtSeparator() => (text.StartsWith("---") || text.StartsWith("..."))
        && BlankOrEnd.Contains(text.Peek(3), StringComparison.Ordinal);

    private YamlToken ScanQuoted(char quote)
    {
        var line = text.Line;
        var value = new StringBuilder();
        text.Forward();
        ScanQuotedText(quote, value);
        while (text.Peek() != quote)
        {
            ScanQuotedSpaces(value);
            ScanQuotedText(quote, value);
        }

        text.Forward();
        return new YamlToken(YamlTokenKind.Scalar, line, value.ToString(), quote);
    }

    private void ScanQuotedText(char quote, StringBuilder value)
    {
        while (true)
        {
            var c = text.Peek();
            if (c == '\0' || c is ' ' or '\t' || IsBreak(c))
            {
                return;
            }

            if (c == quote)
            {
                if (quote == '"' || text.Peek(1) != quote)
                {
                    return;
                }

                value.Append(quote);
                text.Forward(2);
            }
            else if (c == '\\' && quote == '"')
            {
                text.Forward();
                ScanEscape(value);
            }
            else
            {
                value.Append(c);
                text.Forward();
            }
        }
    }

    private void ScanEscape(StringBuilder value)
    {
        var c = text.Peek();
        var digits = c switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
        if (IsBreak(c))
        {
            ScanBreak();
            value.Append(ScanQuotedBreaks());
        }
        else if (digits > 0)
        {
            text.Forward();
            AppendCodePoint(value, digits);
        }
        else
        {
            value.Append(Unescape(c));
            text.Forward();
        }
    }

    private void AppendCodePoint(StringBuilder value, int digits)
    {
        var hex = text.Slice(digits);
        if (hex.Length < digits || !hex.All(char.IsAsciiHexDigit))
        {
            throw Fault("a broken escape within double quotes");
        }

        var code = long.Parse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        if (code > 0x10FFFF)
        {
            throw ComposeFaultException.BadValue($"line {text.Line + 1}: an escape beyond the last character");
        }

        value.Append(code is >= 0xD800 and <= 0xDFFF ? ((char)code).ToString() : char.ConvertFromUtf32((int)code));
        text.Forward(digits);
    }

    private char Unescape(char c) => c switch
    {
        '0' => '\0',
        'a' => '\a',
        'b' => '\b',
        't' or '\t' => '\t',
        'n' => '\n',
        'v' => '\v',
        'f' => '\f',
        'r' => '\r',
        'e' => '\u001B',
        ' ' or '"' or '/' or '\\' => c,
        'N' => '\u0085',
        '_' => '\u00A0',
        'L' => '\u2028',
        'P' => '\u2029',
        _ => throw Fault("an unknown escape within double quotes"),
    };

    private void ScanQuotedSpaces(StringBuilder value)
    {
        var length = 0;
        while (text.Peek(length) is ' ' or '\t')
        {
            length++;
        }

        var blanks = text.Slice(length);
        text.Forward(length);
        if (text.Peek() == '\0')
        {
            throw Fault("a quote that is never closed");
        }

        value.Append(IsBreak(text.Peek()) ? Fold(ScanBreak(), ScanQuotedBreaks()) : blanks);
    }

    private string ScanQuotedBreaks()
    {
        var breaks = new StringBuilder();
        while (true)
        {
            if (AtSeparator())
            {
                throw Fault("a document marker within quotes");
            }

            while (text.Peek() is ' ' or '\t')
            {
                text.Forward();
            }

            if (!IsBreak(text.Peek()))
            {
                return breaks.ToString();
            }

            breaks.Append(ScanBreak());
        }
    }
}
