using System.Text;

namespace AppPreflight.AppCenter;

/// <summary>Anchors, aliases and tags.</summary>
internal sealed partial class YamlScanner
{
    private const string UriMarks = "-;/?:@&=+$,_.!~*'()[]%";

    private YamlToken ScanName(YamlTokenKind kind)
    {
        var line = text.Line;
        text.Forward();
        var name = ScanWhile(IsNameCharacter);
        var after = dialect == YamlDialect.ComposeTool ? "\0 \t\r\n\u0085\u2028\u2029?:,]}%@`" : "\0 \t\r\n\u0085\u2028\u2029?:,[]{}%@`";
        return name.Length > 0 && after.Contains(text.Peek(), StringComparison.Ordinal)
            ? new YamlToken(kind, line, name)
            : throw Fault("an anchor or alias with a name that is none");
    }

    /// <remarks>ruamel compat.py, check_namespace_char: nearly everything but blanks, breaks and flow brackets.</remarks>
    private bool IsNameCharacter(char c) => dialect == YamlDialect.ComposeTool
        ? char.IsAsciiLetterOrDigit(c) || c is '-' or '_'
        : c is (> ' ' and <= '~') or (>= '\u00A0' and not ('\u2028' or '\u2029' or '\uFEFF')) && c is not (',' or '[' or ']' or '{' or '}');

    private YamlToken ScanTag()
    {
        var line = text.Line;
        var (handle, suffix) = ScanTagParts();
        return SpaceBreakOrEnd.Contains(text.Peek(), StringComparison.Ordinal)
            ? new YamlToken(YamlTokenKind.Tag, line, suffix, YamlStyle.Plain, handle)
            : throw Fault("a tag that does not end with a blank");
    }

    private (string? Handle, string Suffix) ScanTagParts()
    {
        if (text.Peek(1) == '<')
        {
            text.Forward(2);
            var verbatim = ScanUri();
            if (text.Peek() != '>')
            {
                throw Fault("a tag without its '>'");
            }

            text.Forward();
            return (null, verbatim);
        }

        if (BlankFollows())
        {
            text.Forward();
            return (null, "!");
        }

        if (HasHandle())
        {
            return (ScanHandle(), ScanUri());
        }

        text.Forward();
        return ("!", ScanUri());
    }

    private bool HasHandle()
    {
        for (var ahead = 1; !SpaceBreakOrEnd.Contains(text.Peek(ahead), StringComparison.Ordinal); ahead++)
        {
            if (text.Peek(ahead) == '!')
            {
                return true;
            }
        }

        return false;
    }

    private string ScanHandle()
    {
        if (text.Peek() != '!')
        {
            throw Fault("a tag handle without '!'");
        }

        var length = 1;
        if (text.Peek(1) != ' ')
        {
            while (char.IsAsciiLetterOrDigit(text.Peek(length)) || text.Peek(length) is '-' or '_')
            {
                length++;
            }

            if (text.Peek(length) != '!')
            {
                throw Fault("a tag handle without its second '!'");
            }

            length++;
        }

        var handle = text.Slice(length);
        text.Forward(length);
        return handle;
    }

    private string ScanUri()
    {
        var uri = new StringBuilder();
        for (var c = text.Peek(); IsUriCharacter(c); c = text.Peek())
        {
            if (c == '%')
            {
                uri.Append(ScanUriEscapes());
                continue;
            }

            uri.Append(c);
            text.Forward();
        }

        return uri.Length > 0 ? uri.ToString() : throw Fault("a tag without a name");
    }

    private bool IsUriCharacter(char c) => c != '\0'
        && (char.IsAsciiLetterOrDigit(c) || UriMarks.Contains(c, StringComparison.Ordinal) || (c == '#' && !Old));

    private string ScanUriEscapes()
    {
        var bytes = new List<byte>();
        while (text.Peek() == '%')
        {
            if (!char.IsAsciiHexDigit(text.Peek(1)) || !char.IsAsciiHexDigit(text.Peek(2)))
            {
                throw Fault("a tag with a broken escape");
            }

            text.Forward();
            bytes.AddRange(Convert.FromHexString(text.Slice(2)));
            text.Forward(2);
        }

        try
        {
            return Utf8Strict.GetString([.. bytes]);
        }
        catch (DecoderFallbackException)
        {
            throw Fault("a tag with a broken escape");
        }
    }

    private static readonly UTF8Encoding Utf8Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
}
