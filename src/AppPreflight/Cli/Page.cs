using System.Globalization;
using System.Text;
using AppPreflight.Checks;

namespace AppPreflight.Cli;

internal enum Tone
{
    Plain,
    Bold,
    Dim,
    Good,
    Warning,
    Bad,
}

/// <summary>Text for a person: wrapped at 80 columns, harmless to a terminal whatever outside text is in it.</summary>
/// <param name="width">Columns of a line.</param>
internal sealed class Page(bool colours, int width = Page.Width)
{
    public const int Width = 80;

    private const int LongestText = 4000;
    private readonly StringBuilder text = new();

    public bool IsEmpty => text.Length == 0;

    public override string ToString() => text.ToString();

    public void Blank()
    {
        if (!IsEmpty) text.Append('\n');
    }

    /// <param name="indent">Columns before the first line.</param>
    /// <param name="hang">Columns before the lines that follow when the text is too long; as many as before the first, and two, if not given.</param>
    public void Line(string content, int indent = 0, int? hang = null, Tone tone = Tone.Plain)
    {
        var further = hang ?? indent + 2;
        var before = indent;
        foreach (var part in Wrap(Clean(content), width - indent, width - further))
        {
            text.Append(' ', before).Append(Painted(part, tone)).Append('\n');
            before = further;
        }
    }

    /// <summary>A line that is not broken, so that it can be copied as it stands.</summary>
    public void Whole(string content, int indent = 0, Tone tone = Tone.Plain) => text.Append(' ', indent).Append(Painted(Clean(content), tone)).Append('\n');

    /// <summary>Items parted by commas, none of them broken at a line's end.</summary>
    public void Items(IEnumerable<string> items, Tone tone = Tone.Plain)
    {
        var line = "";
        foreach (var item in items)
        {
            var longer = line.Length == 0 ? item : $"{line}, {item}";
            if (longer.Length < width) line = longer;
            else
            {
                Line($"{line},", tone: tone);
                line = item;
            }
        }

        Line(line, tone: tone);
    }

    /// <summary>A line that begins with its mark: ok, warn, FAIL or a question mark.</summary>
    public void Marked(Verdict verdict, string content, int indent = 0)
    {
        const int markWidth = 6;
        var (mark, tone) = MarkOf(verdict);
        Labelled(mark, tone, content, markWidth, indent);
    }

    /// <summary>A line that begins with one painted word in a column of its own.</summary>
    /// <param name="labelWidth">Columns from the word's begin to the text.</param>
    /// <param name="hang">Columns before the lines that follow; two more than before the text if not given.</param>
    public void Labelled(string label, Tone tone, string content, int labelWidth, int indent = 0, int? hang = null)
    {
        var (before, further) = (indent, hang ?? indent + labelWidth + 2);
        foreach (var part in Wrap(Clean(content), width - indent - labelWidth, width - further))
        {
            text.Append(' ', before);
            if (before == indent) text.Append(Painted(label, tone)).Append(' ', labelWidth - label.Length);
            text.Append(part).Append('\n');
            before = further;
        }
    }

    public static (string Mark, Tone Tone) MarkOf(Verdict verdict) => verdict switch
    {
        Verdict.Pass => ("ok", Tone.Good),
        Verdict.Warn => ("warn", Tone.Warning),
        Verdict.Fail => ("FAIL", Tone.Bad),
        _ => ("?", Tone.Warning),
    };

    /// <summary>One line without control or invisible formatting characters: a terminal obeys those, and text runs backwards by them.</summary>
    public static string Clean(string content)
    {
        var cut = content.Length > LongestText ? content[..LongestText] + " ..." : content;
        return string.Create(cut.Length, cut, static (span, source) =>
        {
            for (var i = 0; i < source.Length; i++) span[i] = IsHarmless(source[i]) ? source[i] : ' ';
        });
    }

    private static bool IsHarmless(char c) => c is >= ' ' and < '\u007f' || c > '\u009f' && char.GetUnicodeCategory(c)
        is not (UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);

    private string Painted(string part, Tone tone) => !colours || tone == Tone.Plain ? part : tone switch
    {
        Tone.Bold => $"\e[1m{part}\e[0m",
        Tone.Dim => $"\e[2m{part}\e[0m",
        Tone.Good => $"\e[32m{part}\e[0m",
        Tone.Warning => $"\e[33m{part}\e[0m",
        _ => $"\e[1;31m{part}\e[0m",
    };

    private static IEnumerable<string> Wrap(string content, int first, int further)
    {
        var room = first;
        var rest = content.TrimEnd();
        while (rest.Length > room)
        {
            var cut = BreakIn(rest, room, further);
            yield return rest[..cut].TrimEnd();
            rest = rest[cut..].TrimStart();
            room = further;
        }

        yield return rest;
    }

    // at a space, if the word behind it is not better begun here; else inside a long name, behind one of the signs that part
    // it; else anywhere but inside a surrogate pair
    private static int BreakIn(string line, int room, int further)
    {
        var space = line.LastIndexOf(' ', room);
        var end = line.IndexOf(' ', space + 1);
        var word = (end < 0 ? line.Length : end) - space - 1;
        if (space > 0 && (space > room / 4 || word <= further) && !string.IsNullOrWhiteSpace(line[..space])) return space;
        var sign = line.AsSpan(0, room).LastIndexOfAny("/:@,=") + 1;
        if (sign > room / 2) return sign;
        return char.IsHighSurrogate(line[room - 1]) ? room - 1 : room;
    }
}
