using System.Text.RegularExpressions;

namespace AppPreflight.Cli;

/// <summary>Takes out of a text what looks like a secret: a ticket is mailed to strangers. What is shown was asked without secrets; this is the second wall.</summary>
internal static partial class Redaction
{
    private const int Longest = 2000;

    public static string Of(string text)
    {
        var clean = UserOfAddress().Replace(Short(text), "***@");
        clean = UserAlone().Replace(clean, "***@");
        clean = Query().Replace(clean, "?***");
        clean = Scheme().Replace(clean, "${scheme} ***");
        clean = Token().Replace(clean, "***");
        return Named().Replace(clean, "${name}${sign}***");
    }

    // whole words only: half a secret would not look like one
    private static string Short(string text) =>
        text.Length <= Longest ? text : text[..(text.LastIndexOf(' ', Longest) is var end and > 0 ? end : 0)] + " ...";

    // https://user:password@host; behind a slash an @ begins a digest
    [GeneratedRegex(@"(?<=://)[^/\s]*@", RegexOptions.CultureInvariant)]
    private static partial Regex UserOfAddress();

    [GeneratedRegex(@"[^\s/:@""']+:[^\s/@]+@(?!sha256:|sha512:)", RegexOptions.CultureInvariant)]
    private static partial Regex UserAlone();

    // signed addresses of object stores
    [GeneratedRegex(@"\?[^\s""'<>=]+=[^\s""'<>]*", RegexOptions.CultureInvariant)]
    private static partial Regex Query();

    [GeneratedRegex(@"\b(?<scheme>bearer|basic|negotiate|ntlm)[ \t]+(?!realm|service|scope|error|auth)[A-Za-z0-9+/=._~-]{6,}", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Scheme();

    [GeneratedRegex(@"\beyJ[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*)*", RegexOptions.CultureInvariant)]
    private static partial Regex Token();

    [GeneratedRegex(@"\b(?<name>[a-z_-]*(?:password|passwd|pwd|token|secret|api[_-]?key|access[_-]?key|signature|authorization|cookie|credential)s?)\b(?<sign>[""']?\s*[:=]\s*)(?:""[^""]*""|'[^']*'|[^\s,;&]+)", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Named();
}
