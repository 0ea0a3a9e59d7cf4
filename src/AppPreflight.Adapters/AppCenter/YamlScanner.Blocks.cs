using System.Text;

namespace AppPreflight.AppCenter;

/// <summary>Literal and folded block scalars.</summary>
internal sealed partial class YamlScanner
{
    private YamlToken ScanBlock(char style)
    {
        var line = text.Line;
        text.Forward();
        var (keep, increment) = ScanBlockHeader();
        EndBlockHeader();
        var least = indent + 1;
        int depth;
        string breaks;
        if (increment is null)
        {
            (breaks, var found) = ScanBlockIndentation();
            depth = Math.Max(dialect == YamlDialect.ComposeTool ? Math.Max(least, 1) : least, found);
        }
        else
        {
            depth = Math.Max(least, 1) + increment.Value - 1;
            breaks = ScanBlockBreaks(depth);
        }

        var value = new StringBuilder();
        var last = ScanBlockLines(value, style == '>', depth, ref breaks, stopAtMarkers: dialect != YamlDialect.ComposeTool && least == 0);
        value.Append(keep == false ? "" : last).Append(keep == true ? breaks : "");
        return new YamlToken(YamlTokenKind.Scalar, line, value.ToString(), style);
    }

    /// <returns>The last line's end, which chomping decides about.</returns>
    private string ScanBlockLines(StringBuilder value, bool folded, int depth, ref string breaks, bool stopAtMarkers)
    {
        var lineEnd = "";
        while (text.Column == depth && text.Peek() != '\0')
        {
            value.Append(breaks);
            var leadingText = text.Peek() is not (' ' or '\t');
            value.Append(ScanWhile(c => !BreakOrEnd.Contains(c, StringComparison.Ordinal)));
            lineEnd = ScanBreak();
            breaks = ScanBlockBreaks(depth);
            if (text.Column != depth || text.Peek() == '\0' || (stopAtMarkers && (AtMarker("---") || AtMarker("..."))))
            {
                break;
            }

            if (folded && lineEnd == "\n" && leadingText && text.Peek() is not (' ' or '\t'))
            {
                value.Append(breaks.Length == 0 ? " " : "");
            }
            else
            {
                value.Append(lineEnd);
            }
        }

        return lineEnd;
    }

    private (bool? Keep, int? Increment) ScanBlockHeader()
    {
        bool? keep = null;
        int? increment = null;
        for (var part = 0; part < 2; part++)
        {
            var c = text.Peek();
            if (c is '+' or '-' && keep is null)
            {
                keep = c == '+';
            }
            else if (char.IsAsciiDigit(c) && increment is null)
            {
                increment = c > '0' ? c - '0' : throw Fault("a block indented by 0");
            }
            else
            {
                break;
            }

            text.Forward();
        }

        return SpaceBreakOrEnd.Contains(text.Peek(), StringComparison.Ordinal)
            ? (keep, increment)
            : throw Fault("an odd block header");
    }

    private void EndBlockHeader()
    {
        SkipSpaces();
        if (text.Peek() == '#')
        {
            SkipLine();
        }

        if (!BreakOrEnd.Contains(text.Peek(), StringComparison.Ordinal))
        {
            throw Fault("text behind a block header");
        }

        ScanBreak();
    }

    private (string Breaks, int Deepest) ScanBlockIndentation()
    {
        var breaks = new StringBuilder();
        var deepest = 0;
        while (text.Peek() == ' ' || IsBreak(text.Peek()))
        {
            if (text.Peek() != ' ')
            {
                breaks.Append(ScanBreak());
                continue;
            }

            text.Forward();
            deepest = Math.Max(deepest, text.Column);
        }

        return (breaks.ToString(), deepest);
    }

    private string ScanBlockBreaks(int depth)
    {
        var breaks = new StringBuilder();
        SkipIndent(depth);
        while (IsBreak(text.Peek()))
        {
            breaks.Append(ScanBreak());
            SkipIndent(depth);
        }

        return breaks.ToString();
    }

    private void SkipIndent(int depth)
    {
        while (text.Column < depth && text.Peek() == ' ')
        {
            text.Forward();
        }
    }
}
