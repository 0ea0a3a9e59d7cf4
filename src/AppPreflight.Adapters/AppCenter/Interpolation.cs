using System.Text.RegularExpressions;

namespace AppPreflight.AppCenter;

/// <summary>docker-compose's <c>$NAME</c> and <c>${NAME:-default}</c>, with nothing in the environment.</summary>
/// <remarks>Source: compose 1.29.2 config/interpolation.py, TemplateWithDefaults.</remarks>
internal static partial class Interpolation
{
    /// <exception cref="ComposeFaultException">The text is malformed or demands a variable.</exception>
    public static string Replace(string text)
    {
        try
        {
            return text.Contains('$', StringComparison.Ordinal) ? Variable.Replace(text, m => Value(m, text)) : text;
        }
        catch (RegexMatchTimeoutException)
        {
            throw ComposeFaultException.TooMuch();
        }
    }

    private static string Value(Match match, string text)
    {
        if (match.Groups["escaped"].Success)
        {
            return "$";
        }

        if (match.Groups["named"].Success)
        {
            return "";
        }

        if (!match.Groups["braced"].Success)
        {
            throw ComposeFaultException.Refused($"Invalid interpolation format: \"{text}\"");
        }

        return match.Groups["sep"].Value switch
        {
            "" => "",
            ":-" or "-" => match.Groups["rest"].Value,
            _ => throw ComposeFaultException.Refused($"Missing mandatory value, interpolating \"{text}\""),
        };
    }

    [GeneratedRegex(@"\$(?:(?<escaped>\$)|(?<named>[_a-zA-Z][_a-zA-Z0-9]*)|\{(?<braced>[_a-zA-Z][_a-zA-Z0-9]*(?:(?<sep>:?[-?])(?<rest>[^}]*))?)\}|)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Variable { get; }
}
