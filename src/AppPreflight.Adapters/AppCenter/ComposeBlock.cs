namespace AppPreflight.AppCenter;

/// <summary>A piece of Python within a template, which the App Center would run as root and this program never does.</summary>
/// <param name="Code">What stands between the tokens.</param>
/// <param name="Line">Counted from 1.</param>
/// <param name="Before">The text in front of it on its line.</param>
/// <param name="After">The text behind it on its last line.</param>
internal sealed record ComposeBlock(string Code, int Line, string Before, string After)
{
    /// <summary>Words without which Python code says nothing.</summary>
    private static readonly string[] Voices = ["print", "write", "import", "exec", "eval", "open", "compile", "input", "getattr", "globals", "__"];

    /// <summary>What may make several lines, or print by another way than the one print.</summary>
    private static readonly string[] LineMakers =
    [
        "\\", "\"\"\"", "'''", "*", "for ", "while", "lambda", "map(", "join", "chr", "decode", "format_map", "sep", "linesep", "def ", "class ",
        "write", "exec", "eval", "open", "compile", "input", "getattr", "globals", "__", "os.", "system", "subprocess", "image", "services", "profiles", "extends",
    ];

    /// <summary>
    /// Whether what it prints may add or change a line that decides an image; then nothing is decided without running it.
    /// </summary>
    /// <remarks>
    /// Rather too often than once too rarely: harmless is only a block that prints nothing, or that prints once, one line,
    /// as the value of a key (as the hostname in Kelvin's file). A block that has its lines for itself may print any lines.
    /// </remarks>
    public bool MayTouchImages => !IsSilent && !(IsValue && PrintsOneLine);

    private bool IsSilent => !HasAnyOf(Voices);

    // Between brackets the value could end early and go on with the next key.
    private bool IsValue => Before.TrimStart() is { Length: > 0 } key && (key.Contains(": ", StringComparison.Ordinal) || key.StartsWith("- ", StringComparison.Ordinal))
        && Before.AsSpan().IndexOfAny('{', '[') < 0;

    // Without end='' a line end follows, so nothing else may stand on the line.
    private bool PrintsOneLine => Code.Split("print").Length == 2 && !HasAnyOf(LineMakers)
        && (string.IsNullOrWhiteSpace(After) || Code.Contains("end=", StringComparison.Ordinal));

    private bool HasAnyOf(string[] words) => words.Any(word => Code.Contains(word, StringComparison.OrdinalIgnoreCase));
}
