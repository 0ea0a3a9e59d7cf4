namespace AppPreflight.AppCenter;

/// <summary>Tokens that give a file its shape.</summary>
internal sealed partial class YamlScanner
{
    private void FetchEnd()
    {
        Unwind(-1);
        RemoveOpenKey();
        keyAllowed = false;
        openKeys.Clear();
        Queue(Here(YamlTokenKind.StreamEnd));
        done = true;
    }

    private void FetchDirective()
    {
        Unwind(-1);
        RemoveOpenKey();
        keyAllowed = false;
        Queue(ScanDirective());
    }

    private void FetchMarker(YamlTokenKind kind)
    {
        Unwind(-1);
        RemoveOpenKey();
        keyAllowed = false;
        Queue(Here(kind));
        text.Forward(3);
    }

    private void OpenFlow(char bracket, YamlTokenKind kind)
    {
        SaveOpenKey();
        flow.Add(bracket);
        keyAllowed = true;
        Queue(Here(kind));
        text.Forward();
    }

    private void CloseFlow(YamlTokenKind kind)
    {
        RemoveOpenKey();
        if (InFlow)
        {
            flow.RemoveAt(flow.Count - 1);
        }

        keyAllowed = false;
        Queue(Here(kind));
        text.Forward();
    }

    private void FetchComma()
    {
        keyAllowed = true;
        RemoveOpenKey();
        Queue(Here(YamlTokenKind.FlowEntry));
        text.Forward();
    }

    private void FetchEntry()
    {
        if (!InFlow)
        {
            Begin(YamlTokenKind.BlockListStart, "a list entry is not allowed here");
        }

        keyAllowed = true;
        RemoveOpenKey();
        Queue(Here(YamlTokenKind.BlockEntry));
        text.Forward();
    }

    private void FetchQuestion()
    {
        if (!InFlow)
        {
            Begin(YamlTokenKind.BlockMapStart, "a key is not allowed here");
        }

        keyAllowed = !InFlow;
        RemoveOpenKey();
        Queue(Here(YamlTokenKind.Key));
        text.Forward();
    }

    private void FetchColon()
    {
        if (TakeOpenKey() is { } key)
        {
            Insert(key.Token - taken, new YamlToken(YamlTokenKind.Key, key.Line));
            if (!InFlow && Indent(key.Column))
            {
                Insert(key.Token - taken, new YamlToken(YamlTokenKind.BlockMapStart, key.Line));
            }

            keyAllowed = false;
        }
        else
        {
            if (!InFlow)
            {
                Begin(YamlTokenKind.BlockMapStart, "a value with ':' is not allowed here");
            }

            keyAllowed = !InFlow;
            RemoveOpenKey();
        }

        Queue(Here(YamlTokenKind.Value));
        text.Forward();
    }

    private void Begin(YamlTokenKind kind, string refusal)
    {
        if (!keyAllowed)
        {
            throw Fault(refusal);
        }

        if (Indent(text.Column))
        {
            Queue(Here(kind));
        }
    }

    private YamlToken ScanDirective()
    {
        var line = text.Line;
        text.Forward();
        var name = ScanWhile(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' || (c is ':' or '.' && dialect != YamlDialect.ComposeTool));
        if (name.Length == 0 || !SpaceBreakOrEnd.Contains(text.Peek(), StringComparison.Ordinal))
        {
            throw Fault("a directive without a name");
        }

        var value = name switch
        {
            "YAML" => ScanVersion(),
            "TAG" => ScanTagDirective(),
            _ => SkipLine(),
        };
        EndDirective();
        return new YamlToken(YamlTokenKind.Directive, line, value, YamlStyle.Plain, name);
    }

    private string SkipLine()
    {
        while (!BreakOrEnd.Contains(text.Peek(), StringComparison.Ordinal))
        {
            text.Forward();
        }

        return "";
    }

    private void EndDirective()
    {
        SkipSpaces();
        if (text.Peek() == '#')
        {
            SkipLine();
        }

        if (!BreakOrEnd.Contains(text.Peek(), StringComparison.Ordinal))
        {
            throw Fault("more than a directive on its line");
        }

        ScanBreak();
    }

    private string ScanVersion()
    {
        SkipSpaces();
        var major = ScanWhile(char.IsAsciiDigit);
        if (major.Length == 0 || text.Peek() != '.')
        {
            throw Fault("a version directive without a version");
        }

        text.Forward();
        var minor = ScanWhile(char.IsAsciiDigit);
        if (minor.Length == 0 || !SpaceBreakOrEnd.Contains(text.Peek(), StringComparison.Ordinal))
        {
            throw Fault("a version directive without a version");
        }

        var version = $"{Number(major)}.{Number(minor)}";
        if (version == "1.1" && dialect == YamlDialect.AppCenter)
        {
            dialect = YamlDialect.AppCenterDirective11;
        }

        return version;
    }

    private static string Number(string digits) => digits.TrimStart('0') is { Length: > 0 } trimmed ? trimmed : "0";

    private string ScanTagDirective()
    {
        SkipSpaces();
        var handle = ScanHandle();
        if (text.Peek() != ' ')
        {
            throw Fault("a tag directive without a prefix");
        }

        SkipSpaces();
        var prefix = ScanUri();
        return SpaceBreakOrEnd.Contains(text.Peek(), StringComparison.Ordinal)
            ? handle + ' ' + prefix
            : throw Fault("a tag directive with an odd prefix");
    }

    private void SkipSpaces()
    {
        while (text.Peek() == ' ')
        {
            text.Forward();
        }
    }

    private string ScanWhile(Func<char, bool> belongs)
    {
        var length = 0;
        while (text.Peek(length) is var c && c != '\0' && belongs(c))
        {
            length++;
        }

        var value = text.Slice(length);
        text.Forward(length);
        return value;
    }
}
