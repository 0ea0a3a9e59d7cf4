namespace AppPreflight.AppCenter;

/// <summary>Takes an INI file line by line; the states of RawConfigParser._read.</summary>
internal sealed class IniParser
{
    private const string DefaultSection = "DEFAULT";

    private readonly Dictionary<string, Dictionary<string, OpenOption>> sections = new(StringComparer.Ordinal);
    private Dictionary<string, OpenOption>? section;
    private OpenOption? option;
    private int indent;

    private sealed record OpenOption(int Line, List<string> Values);

    /// <summary>Ends the reading at once: a section that occurs twice, or text before the first header.</summary>
    public IniFault? Fatal { get; private set; }

    /// <summary>The first line that is neither header nor option; the reading goes on, and an option that occurs twice still counts.</summary>
    public IniFault? Bogus { get; private set; }

    /// <returns>The name of an option that occurs twice in its section; null if all is well.</returns>
    public string? Take(string line, int number)
    {
        string text = PythonText.Strip(line);
        bool isComment = text.StartsWith('#') || text.StartsWith(';');
        if (text.Length == 0)
        {
            option?.Values.Add("");
        }

        if (text.Length == 0 || isComment)
        {
            return null;
        }

        int depth = line.Length - PythonText.TrimStart(line).Length;
        if (option is not null && depth > indent)
        {
            option.Values.Add(text);
            return null;
        }

        indent = depth;
        return TakeHeader(text, number) ? null : TakeOption(text, number);
    }

    public Dictionary<string, IniSection> Finish() => sections.ToDictionary(
        found => found.Key,
        found => new IniSection(found.Value.ToDictionary(
            each => each.Key,
            each => new IniOption(each.Value.Line, PythonText.TrimEnd(string.Join('\n', each.Value.Values))),
            StringComparer.Ordinal)),
        StringComparer.Ordinal);

    /// <summary>The name reaches to the last bracket of the line; what stands behind it is ignored.</summary>
    private bool TakeHeader(string text, int number)
    {
        int end = text.LastIndexOf(']');
        if (text[0] != '[' || end < 2)
        {
            return false;
        }

        string name = text[1..end];
        option = null;
        if (sections.TryGetValue(name, out section))
        {
            Fatal = string.Equals(name, DefaultSection, StringComparison.Ordinal) ? null : new(number, $"the section [{name}] occurs twice");
            return true;
        }

        sections[name] = section = new(StringComparer.Ordinal);
        return true;
    }

    private string? TakeOption(string text, int number)
    {
        if (section is null)
        {
            Fatal = new(number, "there is text before the first section");
            return null;
        }

        int delimiter = text.AsSpan().IndexOfAny('=', ':');
        if (delimiter < 0)
        {
            // the option before stays open: a deeper line that follows still belongs to it
            Bogus ??= new(number, "a line is neither a section nor an option");
            return null;
        }

        string name = PythonText.TrimEnd(text[..delimiter]).ToLowerInvariant();
        if (name.Length == 0)
        {
            Bogus ??= new(number, "an option has no name");
        }

        var opened = new OpenOption(number, [PythonText.Strip(text[(delimiter + 1)..])]);
        option = name.Length == 0 ? null : opened;
        return section.TryAdd(name, opened) ? null : name;
    }
}
