using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.Registry;

/// <summary>Recognises what is written for people or programs and not for an engine: HTML, XML, an error in JSON. Looks at first bytes only.</summary>
internal static partial class PageSign
{
    private const int LongestWords = 80;

    // what the top of a manifest, an index or a config may have; the rest of an image is packed
    private static readonly HashSet<string> ImageWords = new(StringComparer.Ordinal)
    {
        "schemaVersion", "mediaType", "layers", "manifests", "fsLayers", "artifactType",
        "architecture", "os", "rootfs", "history", "container_config", "config", "created",
    };

    private static readonly HashSet<string> ManifestWords = new(StringComparer.Ordinal) { "schemaVersion", "layers", "manifests", "fsLayers" };

    private static readonly HashSet<string> HtmlWords = new(StringComparer.OrdinalIgnoreCase) { "html", "head", "body", "title", "script", "style", "meta", "link", "center", "h1" };

    private static readonly SearchValues<char> NameLetters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789:_.-");

    /// <returns>Null when the bytes are nothing of that kind, or what an image consists of.</returns>
    public static Fingerprint? Read(ReadOnlySpan<byte> head, ImagePart part)
    {
        var text = Decode(head).TrimStart('\uFEFF', ' ', '\t', '\r', '\n', '\f');
        if (text is ['<', ..]) return Markup(text);
        return text is ['{' or '[', ..] ? Json(text, part) : null;
    }

    private static string Decode(ReadOnlySpan<byte> head) => head switch
    {
        [0xFF, 0xFE, ..] or [(byte)'<', 0, ..] => Encoding.Unicode.GetString(head),
        [0xFE, 0xFF, ..] or [0, (byte)'<', ..] => Encoding.BigEndianUnicode.GetString(head),
        _ => Encoding.UTF8.GetString(head),
    };

    private static Fingerprint? Markup(string text)
    {
        var (type, root) = Opening(text);
        if (IsHtml(type) || IsHtml(root))
        {
            var title = Title().Match(text);
            return new(FingerprintKind.Html, "it starts like an HTML page" + (title.Success ? $" ('{Quote.Short(title.Groups["words"].Value.Trim(), LongestWords)}')" : ""), false);
        }

        // a '<' alone may stand in any bytes
        if (root is null && !text.StartsWith("<?xml", StringComparison.OrdinalIgnoreCase)) return null;
        var code = Code().Match(text);
        return new(FingerprintKind.Xml, $"it starts like an XML document (<{root ?? "?xml"}>{(code.Success ? ", " + Quote.Short(code.Groups["words"].Value, LongestWords) : "")})", false);
    }

    private static bool IsHtml(string? name) => name is not null && HtmlWords.Contains(name);

    /// <summary>The document type and the first element, behind declarations and comments; each null when it is not there.</summary>
    private static (string? Type, string? Root) Opening(string text)
    {
        string? type = null;
        for (var rest = text.AsSpan(); ; rest = rest.TrimStart())
        {
            var end = rest.StartsWith("<!--") ? "-->" : rest.StartsWith("<?") ? "?>" : rest.StartsWith("<!") ? ">" : null;
            if (end is null) return (type, NameIn(rest, "<"));
            type ??= NameIn(rest, "<!doctype ");
            var at = rest.IndexOf(end, StringComparison.Ordinal);
            if (at < 0) return (type, null);
            rest = rest[(at + end.Length)..];
        }
    }

    private static string? NameIn(ReadOnlySpan<char> text, string start)
    {
        if (!text.StartsWith(start, StringComparison.OrdinalIgnoreCase)) return null;
        text = text[start.Length..].TrimStart();
        var length = text.IndexOfAnyExcept(NameLetters);
        var isName = length is > 0 and <= LongestWords && char.IsAsciiLetter(text[0]) && text[length] is '>' or '/' or ' ' or '\t' or '\r' or '\n';
        return isName ? text[..length].ToString() : null;
    }

    private static Fingerprint? Json(string text, ImagePart part)
    {
        var words = TopWords(text);
        if (words is null) return null;
        var isImages = words.Any(ImageWords.Contains);
        var isOther = part switch
        {
            ImagePart.Layer => true,
            ImagePart.Config => !isImages || words.Any(ManifestWords.Contains),
            _ => !isImages || (words.Contains("rootfs") && !words.Any(ManifestWords.Contains)),
        };
        var what = words.Count == 0 ? "nothing in it" : "'" + Quote.Short(string.Join("', '", words.Take(5)), LongestWords) + "' in it";
        return isOther ? new(FingerprintKind.Json, $"it is a JSON document with {what}, not {Name(part)}", false) : null;
    }

    private static string Name(ImagePart part) => part switch
    {
        ImagePart.Layer => "a layer",
        ImagePart.Config => "a config",
        _ => "a manifest",
    };

    /// <returns>The names at the top of an object, as far as the bytes go; none for a list; null when this is no JSON.</returns>
    private static List<string>? TopWords(string text)
    {
        var names = new List<string>();
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(text), isFinalBlock: false, default);
        var tokens = 0;
        try
        {
            for (; reader.Read(); tokens++)
            {
                if (reader is { TokenType: JsonTokenType.PropertyName, CurrentDepth: 1 }) names.Add(reader.GetString()!);
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // what follows is no longer JSON
            return null;
        }

        // a bracket alone may stand in any bytes
        return tokens > 1 ? names : null;
    }

    [GeneratedRegex(@"<title[^<>]{0,200}>(?<words>[^<]{1,500})</title", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Title();

    [GeneratedRegex("<Code>(?<words>[^<]{1,200})</Code>", RegexOptions.CultureInvariant)]
    private static partial Regex Code();
}
