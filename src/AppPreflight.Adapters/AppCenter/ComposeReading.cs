using System.Buffers;

namespace AppPreflight.AppCenter;

/// <summary>How docker-compose reads what the App Center has written: every text without quotes is judged anew by YAML 1.1.</summary>
/// <remarks>Source: ruamel.yaml 0.17.21 emitter.py (which texts get quotes), PyYAML 6.0 resolver.py and composer.py.</remarks>
internal sealed class ComposeReading
{
    private static readonly SearchValues<char> NeverPlain = SearchValues.Create("\n\t\r\u0085\u2028\u2029\uFEFF");
    private readonly Dictionary<YamlValue, YamlValue> read = [];
    private readonly Dictionary<string, YamlNode> anchors = new(StringComparer.Ordinal);

    /// <exception cref="ComposeFaultException">docker-compose can't read the file.</exception>
    public static YamlValue Of(YamlValue written) => new ComposeReading().Read(written);

    private YamlValue Read(YamlValue value)
    {
        if (read.TryGetValue(value, out var known))
        {
            return known;
        }

        CheckAnchor(value);
        if (value.Tag is not null)
        {
            throw ComposeFaultException.Refused($"docker-compose does not know the tag {value.Tag}");
        }

        return value.Kind switch
        {
            YamlKind.Map => Map(value),
            YamlKind.List => List(value),
            _ => read[value] = Scalar(value),
        };
    }

    private YamlValue Map(YamlValue value)
    {
        var map = new YamlValue(YamlKind.Map);
        read[value] = map;
        foreach (var (key, entry) in value.Entries())
        {
            map.Set(Read(key), Read(entry));
        }

        return map;
    }

    private YamlValue List(YamlValue value)
    {
        var list = new YamlValue(YamlKind.List);
        read[value] = list;
        list.Items.AddRange(value.Items.Select(Read));
        return list;
    }

    private static YamlValue Scalar(YamlValue value)
    {
        var text = AsWritten(value);
        var kind = value.Kind switch
        {
            YamlKind.Integer or YamlKind.Float => YamlScalarTypes.Resolve(text, YamlDialect.ComposeTool),
            YamlKind.Text when IsWrittenPlain(value) => YamlScalarTypes.Resolve(text, YamlDialect.ComposeTool),
            var same => same,
        };
        if (kind == YamlKind.Date)
        {
            YamlScalarTypes.RefuseImpossibleDate(text);
        }

        return new YamlValue(kind)
        {
            Text = text,
            Integer = kind == YamlKind.Integer ? YamlScalarTypes.ToInteger(text, YamlDialect.ComposeTool) : default,
            Float = kind == YamlKind.Float ? YamlScalarTypes.ToFloat(text) : default,
            IsTrue = kind == YamlKind.Bool && (value.Kind == YamlKind.Bool ? value.IsTrue : text.ToLowerInvariant() is "true" or "yes" or "on"),
        };
    }

    // Whole numbers lose their plus sign; fractions keep it, and .inf and .nan are written small.
    private static string AsWritten(YamlValue value) => value.Kind switch
    {
        YamlKind.Integer => value.Text.TrimStart('+'),
        YamlKind.Float when !double.IsFinite(value.Float) => value.Text.TrimStart('+').ToLowerInvariant(),
        _ => value.Text,
    };

    private static bool IsWrittenPlain(YamlValue value)
    {
        var text = value.Text;
        return value.Plain
            && text.Length > 0
            && YamlScalarTypes.Resolve(text, YamlDialect.AppCenter) == YamlKind.Text
            && !text.StartsWith("---", StringComparison.Ordinal)
            && !text.StartsWith("...", StringComparison.Ordinal)
            && !(value.InFlow && (text is "?" or ":" || text.AsSpan(1).ContainsAny(",[]{}")))
            && !text.AsSpan().ContainsAny(NeverPlain);
    }

    /// <summary>Anchors of texts are always written again, those of lists and maps only where an alias names them.</summary>
    private void CheckAnchor(YamlValue value)
    {
        if (value.Origin is not { Anchor: { } name } node || value.Kind is YamlKind.Null or YamlKind.Date or YamlKind.Bytes
            || (node.Shape != YamlShape.Scalar && node.Aliases == 0))
        {
            return;
        }

        if (anchors.TryGetValue(name, out var other) && other != node)
        {
            throw ComposeFaultException.Refused($"docker-compose refuses the anchor &{name} given twice");
        }

        if (!name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
        {
            throw ComposeFaultException.Refused($"docker-compose can't read the anchor name {name}");
        }

        anchors[name] = node;
    }
}
