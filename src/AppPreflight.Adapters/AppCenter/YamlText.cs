namespace AppPreflight.AppCenter;

/// <summary>The characters of a YAML file with a place in it; ends with NUL as the Python readers' buffers do.</summary>
internal sealed class YamlText
{
    /// <summary>A compose file of more than this is nobody's.</summary>
    public const int MaxLength = 4 * 1024 * 1024;

    private readonly string text;
    private readonly bool wideBreaks;

    /// <exception cref="ComposeFaultException">A character that no YAML reader takes.</exception>
    public YamlText(string text, YamlDialect dialect)
    {
        if (text.Length > MaxLength)
        {
            throw new ComposeFaultException("killed", $"it is larger than {MaxLength} characters");
        }

        this.text = text;
        wideBreaks = dialect == YamlDialect.ComposeTool;
        RefuseUnprintable();
    }

    public int Index { get; private set; }

    public int Line { get; private set; }

    public int Column { get; private set; }

    public char Peek(int ahead = 0)
    {
        var at = Index + ahead;
        return at < text.Length ? text[at] : '\0';
    }

    public string Slice(int length) => text.Substring(Index, Math.Min(length, text.Length - Index));

    public bool StartsWith(string prefix) => string.CompareOrdinal(text, Index, prefix, 0, prefix.Length) == 0;

    /// <summary>Moves on; YAML 1.2 keeps the column over NEL and U+2028/9 (ruamel reader.py, forward), YAML 1.1 does not.</summary>
    public void Forward(int length = 1)
    {
        for (; length > 0 && Index < text.Length; length--)
        {
            var c = text[Index++];
            if (c == '\n' || (c == '\r' && Peek() != '\n') || (wideBreaks && c is ('\u0085' or '\u2028' or '\u2029')))
            {
                Line++;
                Column = 0;
            }
            else if (c != '\uFEFF' && !char.IsLowSurrogate(c))
            {
                Column++;
            }
        }
    }

    private void RefuseUnprintable()
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!IsPrintable(text, i))
            {
                var line = text.AsSpan(0, i).Count('\n');
                throw ComposeFaultException.Yaml($"the character U+{(int)text[i]:X4} is not allowed", line);
            }
        }
    }

    private static bool IsPrintable(string text, int i) => text[i] switch
    {
        '\t' or '\n' or '\r' or '\u0085' => true,
        < ' ' or '\u007F' => false,
        >= '\u0080' and < '\u00A0' => false,
        '\uFFFE' or '\uFFFF' => false,
        var c when char.IsHighSurrogate(c) => i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]),
        var c when char.IsLowSurrogate(c) => i > 0 && char.IsHighSurrogate(text[i - 1]),
        _ => true,
    };
}
