using AppPreflight.Images;
using AppPreflight.Ports;

namespace AppPreflight.AppCenter;

/// <summary>An INI file as the App Center reads it: Python's RawConfigParser, strict, UTF-8.</summary>
/// <remarks>
/// Source: appcenter/ini_parser.py, read_ini_file, and Python 3.11's configparser.py. A syntax error or a section that
/// occurs twice makes the file count as empty (<see cref="Unparseable"/>). An option that occurs twice in a section, or
/// a byte that is not UTF-8, is caught by nobody there: every App Center command fails, hence the exception here.
/// </remarks>
internal sealed class IniFile
{
    /// <summary>The largest INI that Univention ships has 40 kB.</summary>
    public const int MaxBytes = 4 * 1024 * 1024;

    private const string DefaultSection = "DEFAULT";

    private readonly Dictionary<string, IniSection> sections;

    private IniFile(Dictionary<string, IniSection> sections, IniFault? unparseable)
    {
        this.sections = sections;
        Unparseable = unparseable;
    }

    public static IniFile Empty { get; } = new(new(StringComparer.Ordinal), unparseable: null);

    /// <summary>Why the file counts as empty, and where; null if it could be parsed.</summary>
    public IniFault? Unparseable { get; }

    /// <summary>The section names in file order, without DEFAULT.</summary>
    public IEnumerable<string> Sections => sections.Keys.Where(name => !string.Equals(name, DefaultSection, StringComparison.Ordinal));

    /// <summary>A file of a folder; one that does not exist is empty.</summary>
    /// <exception cref="SourceException">As <see cref="Parse"/>; or the file can't be read.</exception>
    public static IniFile Read(Fence folder, string name) => Parse(folder.PathOf(name), folder.Read(name, MaxBytes + 1));

    /// <param name="file">Named in the exception only.</param>
    /// <param name="content">The file's bytes; null (no such file) is an empty file.</param>
    /// <exception cref="SourceException">Malformed, subject FILE:LINE: an option occurs twice, the bytes are not UTF-8, or too many.</exception>
    public static IniFile Parse(string file, byte[]? content)
    {
        if (content is null)
        {
            return Empty;
        }

        if (content.Length > MaxBytes)
        {
            throw Refusal(file, line: 1, $"is larger than {MaxBytes} bytes");
        }

        var parser = new IniParser();
        int number = 0;
        foreach (string? line in PythonLines.Of(content))
        {
            number++;
            if (line is null)
            {
                throw Refusal(file, number, "is not UTF-8");
            }

            if (parser.Take(line, number) is { } repeated)
            {
                throw Refusal(file, number, $"has the option '{repeated}' twice in one section");
            }

            if (parser.Fatal is not null)
            {
                break;
            }
        }

        return (parser.Fatal ?? parser.Bogus) is { } fault ? new(new(StringComparer.Ordinal), fault) : new(parser.Finish(), unparseable: null);
    }

    /// <summary>The option's value; options of [DEFAULT] stand in where the section exists. Null: no such section or option.</summary>
    public string? Get(string section, string option) => Find(section, option)?.Value;

    /// <summary>The line the option begins on, from 1.</summary>
    public int? LineOf(string section, string option) => Find(section, option)?.Line;

    private IniOption? Find(string section, string option)
    {
        string key = option.ToLowerInvariant();
        return sections.GetValueOrDefault(section) is not { } found ? null
            : found.Options.GetValueOrDefault(key) ?? sections.GetValueOrDefault(DefaultSection)?.Options.GetValueOrDefault(key);
    }

    private static SourceException Refusal(string file, int line, string what) =>
        new(Source.AppCenter, Fault.Malformed, $"{file}, line {line} {what}: the App Center can't read any app while it is so.")
        {
            Subject = $"{file}:{line}",
        };
}

/// <summary>What makes a file count as empty: the line, and a sentence without subject.</summary>
internal sealed record IniFault(int Line, string Message);

internal sealed record IniSection(Dictionary<string, IniOption> Options);

internal sealed record IniOption(int Line, string Value);
