namespace AppPreflight.Cli;

/// <summary>Which app a command is about: one, perhaps up to a version, or all that are installed.</summary>
internal sealed record AppChoice(string? App, string? Version)
{
    private const int Longest = 200;

    public bool IsAll => App is null;

    /// <summary>As it is typed: "kelvin=2.0.0", "--all".</summary>
    public override string ToString() => IsAll ? "--all" : Version is null ? App! : $"{App}={Version}";

    /// <exception cref="UsageException">Neither or both, or not of the form APP[=VERSION].</exception>
    public static AppChoice Of(string? app, bool all, string command) => (app, all) switch
    {
        (null, true) => new(null, null),
        (not null, true) => throw new UsageException($"{command} takes an APP or --all, not both"),
        _ => One(app, $"{command} needs an APP or --all"),
    };

    /// <exception cref="UsageException">Missing, or not of the form APP[=VERSION].</exception>
    public static AppChoice One(string? text, string missing)
    {
        if (string.IsNullOrWhiteSpace(text)) throw new UsageException(missing);
        Known(text);
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        var (app, version) = equals < 0 ? (text, null) : (text[..equals], text[(equals + 1)..]);
        if (app.Length is 0 or > Longest || version is { Length: 0 or > Longest }) throw new UsageException($"'{text}' is not of the form APP or APP=VERSION");
        return new(app, version);
    }

    /// <summary>No app begins with a dash: such a word is a misspelt option.</summary>
    /// <exception cref="UsageException">It begins with one.</exception>
    public static string? Known(string? text) =>
        text is ['-', ..] ? throw new UsageException($"there is no option '{text}'") : text;
}
