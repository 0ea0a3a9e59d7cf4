namespace AppPreflight.AppCenter;

/// <summary>Turns characters into tokens, as the two Python scanners do.</summary>
/// <remarks>
/// YamlDotNet is not used for this: it takes tabs, colons and breaks that either Python reader refuses (or the other way
/// round), and the refusals are what an upgrade dies of. Rules: ruamel.yaml 0.17.21 and PyYAML 6.0, scanner.py of each.
/// </remarks>
internal sealed partial class YamlScanner
{
    private const string Breaks = "\r\n\u0085\u2028\u2029";
    private const string BlankOrEnd = " \n\0\t\r\u0085\u2028\u2029";
    private const string BreakOrEnd = "\n\0\r\u0085\u2028\u2029";
    private const string SpaceBreakOrEnd = " \n\0\r\u0085\u2028\u2029";
    private const string Indicators = "\0 \t\r\n\u0085\u2028\u2029-?:,[]{}#&*!|>'\"%@`";

    /// <summary>The readers find a key only if its colon comes within this many characters on the same line.</summary>
    private const int MaxKeyLength = 1024;

    private readonly YamlText text;
    private readonly LinkedList<YamlToken> tokens = new();
    private readonly Stack<int> indents = new();
    private readonly List<char> flow = [];
    private readonly LinkedList<OpenKey> openKeys = [];
    private YamlDialect dialect;
    private YamlTokenKind? lastQueued;
    private int indent = -1;
    private int taken;
    private bool keyAllowed = true;
    private bool done;

    public YamlScanner(string text, YamlDialect dialect)
    {
        this.dialect = dialect;
        this.text = new YamlText(text, dialect);
    }

    /// <summary>A place where a key may have begun, should a colon follow; at most one a flow level, the outer and older ones first.</summary>
    private sealed record OpenKey(int Level, int Token, bool Required, int Index, int Line, int Column);

    private bool InFlow => flow.Count > 0;

    /// <summary>YAML 1.1 rules for colons and question marks.</summary>
    private bool Old => dialect != YamlDialect.AppCenter;

    /// <summary>The dialect after directives were seen.</summary>
    public YamlDialect Dialect => dialect;

    public YamlToken Peek()
    {
        Fill();
        return tokens.First!.Value;
    }

    public YamlToken Take()
    {
        var token = Peek();
        tokens.RemoveFirst();
        taken++;
        return token;
    }

    public bool NextIs(YamlTokenKind kind) => Peek().Kind == kind;

    private void Fill()
    {
        while (NeedsMore())
        {
            Fetch();
        }
    }

    private bool NeedsMore()
    {
        if (done)
        {
            return false;
        }

        if (tokens.Count == 0)
        {
            return true;
        }

        DropStaleKeys();
        return openKeys.First?.Value.Token == taken;
    }

    private void Fetch()
    {
        SkipToToken();
        DropStaleKeys();
        Unwind(text.Column);
        var c = text.Peek();
        switch (c)
        {
            case '\0':
                FetchEnd();
                break;
            case '%' when text.Column == 0:
                FetchDirective();
                break;
            case '-' when AtMarker("---"):
                FetchMarker(YamlTokenKind.DocumentStart);
                break;
            case '.' when AtMarker("..."):
                FetchMarker(YamlTokenKind.DocumentEnd);
                break;
            case '[':
                OpenFlow(c, YamlTokenKind.FlowListStart);
                break;
            case '{':
                OpenFlow(c, YamlTokenKind.FlowMapStart);
                break;
            case ']':
                CloseFlow(YamlTokenKind.FlowListEnd);
                break;
            case '}':
                CloseFlow(YamlTokenKind.FlowMapEnd);
                break;
            case ',':
                FetchComma();
                break;
            case '-' when BlankFollows():
                FetchEntry();
                break;
            case '?' when InFlow || BlankFollows():
                FetchQuestion();
                break;
            case ':' when IsValueColon():
                FetchColon();
                break;
            default:
                FetchContent(c);
                break;
        }
    }

    private void FetchContent(char c)
    {
        switch (c)
        {
            case '*':
                Queue(Keyed(() => ScanName(YamlTokenKind.Alias)));
                break;
            case '&':
                Queue(Keyed(() => ScanName(YamlTokenKind.Anchor)));
                break;
            case '!':
                Queue(Keyed(ScanTag));
                break;
            case '|' or '>' when !InFlow:
                RemoveOpenKey();
                keyAllowed = true;
                Queue(ScanBlock(c));
                break;
            case '\'' or '"':
                Queue(Keyed(() => ScanQuoted(c)));
                break;
            default:
                if (!IsPlainStart(c))
                {
                    throw Fault($"the character '{c}' cannot start any value");
                }

                Queue(Keyed(ScanPlain));
                break;
        }
    }

    private YamlToken Keyed(Func<YamlToken> scan)
    {
        SaveOpenKey();
        keyAllowed = false;
        return scan();
    }

    private bool BlankFollows() => BlankOrEnd.Contains(text.Peek(1), StringComparison.Ordinal);

    private bool AtMarker(string marker) =>
        text.Column == 0 && text.StartsWith(marker) && BlankOrEnd.Contains(text.Peek(3), StringComparison.Ordinal);

    private bool IsValueColon()
    {
        if (!InFlow)
        {
            return BlankFollows();
        }

        if (Old)
        {
            return true;
        }

        return flow[^1] == '[' || lastQueued == YamlTokenKind.Value ? BlankFollows() : true;
    }

    private bool IsPlainStart(char c)
    {
        if (!Indicators.Contains(c, StringComparison.Ordinal))
        {
            return true;
        }

        if (!Old && c == ':' && InFlow && text.Peek(1) is not (' ' or '\t'))
        {
            return true;
        }

        return !BlankFollows() && (c == '-' || (!InFlow && c is ('?' or ':')));
    }

    private void SkipToToken()
    {
        if (text.Index == 0 && text.Peek() == '\uFEFF')
        {
            text.Forward();
        }

        for (var more = true; more;)
        {
            while (text.Peek() == ' ')
            {
                text.Forward();
            }

            more = SkipComment();
            if (ScanBreak().Length > 0)
            {
                more = true;
                keyAllowed |= !InFlow;
            }
        }
    }

    /// <summary>ruamel takes the break with its comment and so lets a key begin behind a NEL, in the column of that NEL.</summary>
    private bool SkipComment()
    {
        if (text.Peek() != '#')
        {
            return false;
        }

        while (!BreakOrEnd.Contains(text.Peek(), StringComparison.Ordinal))
        {
            text.Forward();
        }

        if (dialect != YamlDialect.ComposeTool)
        {
            keyAllowed |= !InFlow;
        }

        return text.Peek() != '\0';
    }

    private void DropStaleKeys()
    {
        while (openKeys.First?.Value is { } key && (key.Line != text.Line || text.Index - key.Index > MaxKeyLength))
        {
            RefuseRequired(key);
            openKeys.RemoveFirst();
        }
    }

    private void SaveOpenKey()
    {
        var required = !InFlow && indent == text.Column;
        if (keyAllowed)
        {
            RemoveOpenKey();
            openKeys.AddLast(new OpenKey(flow.Count, taken + tokens.Count, required, text.Index, text.Line, text.Column));
        }
    }

    private void RemoveOpenKey()
    {
        if (TakeOpenKey() is { } key)
        {
            RefuseRequired(key);
        }
    }

    /// <summary>The one of this level, which is the newest where there is one.</summary>
    private OpenKey? TakeOpenKey()
    {
        if (openKeys.Last?.Value is not { } key || key.Level != flow.Count)
        {
            return null;
        }

        openKeys.RemoveLast();
        return key;
    }

    private static void RefuseRequired(OpenKey key)
    {
        if (key.Required)
        {
            throw ComposeFaultException.Yaml("a key without ':'", key.Line);
        }
    }

    private void Unwind(int column)
    {
        while (!InFlow && indent > column)
        {
            indent = indents.Pop();
            Queue(new YamlToken(YamlTokenKind.BlockEnd, text.Line));
        }
    }

    private bool Indent(int column)
    {
        if (indent >= column)
        {
            return false;
        }

        indents.Push(indent);
        indent = column;
        return true;
    }

    private void Queue(YamlToken token)
    {
        tokens.AddLast(token);
        lastQueued = token.Kind;
    }

    private void Insert(int position, YamlToken token)
    {
        var node = tokens.First;
        while (position-- > 0)
        {
            node = node!.Next;
        }

        if (node is null)
        {
            Queue(token);
            return;
        }

        tokens.AddBefore(node, token);
    }

    private ComposeFaultException Fault(string what) => ComposeFaultException.Yaml(what, text.Line);

    private YamlToken Here(YamlTokenKind kind) => new(kind, text.Line);
}
