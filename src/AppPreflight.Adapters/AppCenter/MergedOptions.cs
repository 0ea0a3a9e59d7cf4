namespace AppPreflight.AppCenter;

/// <summary>The options of an app version: <c>.meta</c> before <c>.ini</c>, and in each the caller's language before [Application].</summary>
/// <remarks>Source: appcenter/app.py, AppAttribute.get_value.</remarks>
internal sealed class MergedOptions(IniFile ini, IniFile meta, string locale)
{
    private const string Section = "Application";

    public string? Text(string option, bool localisable = false)
    {
        bool inLocale = localisable && locale.Length > 0;
        return (inLocale ? meta.Get(locale, option) : null)
            ?? meta.Get(Section, option)
            ?? (inLocale ? ini.Get(locale, option) : null)
            ?? ini.Get(Section, option);
    }

    public IReadOnlyList<string> List(string option) => PythonText.SplitList(Text(option) ?? "");

    public bool? Boolean(string option) => Text(option) is { } text ? ReleaseAttribute.ToBoolean(text) : null;

    public long? Integer(string option) => Text(option) is { } text ? PythonInteger.Parse(text, out _) : null;
}
