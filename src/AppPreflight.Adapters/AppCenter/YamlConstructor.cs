namespace AppPreflight.AppCenter;

/// <summary>Turns nodes into values: types, merges, repeated keys.</summary>
/// <remarks>Source: constructor.py, RoundTripConstructor (ruamel.yaml 0.17.21) and SafeConstructor (PyYAML 6.0).</remarks>
internal sealed class YamlConstructor
{
    /// <summary>More entries than this come into being by merges only: such a file outlives the patience of either reader.</summary>
    private const int MaxMerged = 1_000_000;

    private readonly YamlDialect dialect;
    private readonly Dictionary<YamlNode, YamlValue> made = [];
    private readonly HashSet<YamlNode> open = [];
    private int merged;

    private YamlConstructor(YamlDialect dialect) => this.dialect = dialect;

    /// <exception cref="ComposeFaultException">The reader refuses the file.</exception>
    public static YamlValue Read(string text, YamlDialect dialect)
    {
        var (root, chosen) = YamlComposer.Read(text, dialect);
        return root is null ? YamlValue.Null : new YamlConstructor(chosen).Make(root);
    }

    private bool IsTool => dialect == YamlDialect.ComposeTool;

    private YamlValue Make(YamlNode node)
    {
        if (made.TryGetValue(node, out var known))
        {
            // an alias within its own anchor: the App Center's loader leaves nothing there
            return open.Contains(node) && !IsTool ? YamlValue.Null : known;
        }

        return node.Shape switch
        {
            YamlShape.Scalar => made[node] = Scalar(node),
            YamlShape.List => List(node),
            _ => Map(node),
        };
    }

    private YamlValue List(YamlNode node)
    {
        RefuseForeignTag(node);
        var list = new YamlValue(YamlKind.List) { InFlow = node.InFlow, Tag = ForeignTag(node), Origin = node };
        made[node] = list;
        open.Add(node);
        list.Items.AddRange(node.Items.Select(Make));
        open.Remove(node);
        return list;
    }

    private YamlValue Map(YamlNode node)
    {
        RefuseForeignTag(node);
        var kind = node.Tag is "!!set" ? YamlKind.Tagged : YamlKind.Map;
        var map = new YamlValue(kind) { InFlow = node.InFlow, Tag = ForeignTag(node), Origin = node };
        made[node] = map;
        open.Add(node);
        foreach (var (keyNode, valueNode) in node.Pairs)
        {
            if (IsMerge(keyNode))
            {
                AddMerges(map, valueNode, keyNode.Line);
                continue;
            }

            Add(map, keyNode, valueNode);
        }

        open.Remove(node);
        return map;
    }

    private void Add(YamlValue map, YamlNode keyNode, YamlNode valueNode)
    {
        var key = keyNode is { Text: "=", Shape: YamlShape.Scalar, Style: YamlStyle.Plain, Tag: null } ? YamlValue.Unquoted("=") : Make(keyNode);
        if (IsTool && key.Kind is YamlKind.List or YamlKind.Map)
        {
            throw ComposeFaultException.Yaml("a key that is a list or a map", keyNode.Line);
        }

        var value = Make(valueNode);
        if (IsTool)
        {
            map.Set(key, value);
        }
        else if (!map.AddNew(key, value))
        {
            throw new ComposeFaultException("duplicate-key", $"line {keyNode.Line + 1}: the key '{key.Text}' twice");
        }
    }

    private static bool IsMerge(YamlNode key) => key is { Shape: YamlShape.Scalar, Text: "<<", Style: YamlStyle.Plain, Tag: null } or { Tag: "!!merge" };

    private void AddMerges(YamlValue map, YamlNode node, int line)
    {
        if (map.Merges.Count > 0 && !IsTool)
        {
            throw new ComposeFaultException("duplicate-key", $"line {line + 1}: the key '<<' twice");
        }

        var sources = node.Shape == YamlShape.List ? node.Items : [node];
        if (sources.Any(s => s.Shape != YamlShape.Map))
        {
            throw ComposeFaultException.Yaml("'<<' with something that is no map", line);
        }

        var values = sources.Select(Make).ToArray();
        if (sources.Any(open.Contains))
        {
            throw ComposeFaultException.WrongType($"line {line + 1}: a map merges itself");
        }

        merged += values.Sum(v => v.Entries().Count());
        if (merged > MaxMerged)
        {
            throw ComposeFaultException.TooMuch();
        }

        if (IsTool)
        {
            map.Merges.InsertRange(0, values);
        }
        else
        {
            map.Merges.AddRange(values);
        }
    }

    private YamlValue Scalar(YamlNode node)
    {
        var kind = KindOf(node);
        var value = new YamlValue(kind)
        {
            Text = node.Text,
            Plain = node.Style == YamlStyle.Plain,
            InFlow = node.InFlow,
            Tag = kind == YamlKind.Tagged ? node.Tag ?? "!!value" : null,
            Integer = kind == YamlKind.Integer ? YamlScalarTypes.ToInteger(node.Text, dialect) : default,
            Float = kind == YamlKind.Float ? YamlScalarTypes.ToFloat(node.Text) : default,
            IsTrue = kind == YamlKind.Bool && node.Text.ToLowerInvariant() is "true" or "yes" or "on" or "y",
            Origin = node,
        };
        if (kind == YamlKind.Date)
        {
            YamlScalarTypes.RefuseImpossibleDate(node.Text);
        }

        return value;
    }

    private YamlKind KindOf(YamlNode node)
    {
        switch (node.Tag)
        {
            case null:
                return node.Style == YamlStyle.Plain ? PlainKind(node) : YamlKind.Text;
            case "!!str":
                return YamlKind.Text;
            case "!!null":
                return YamlKind.Null;
            case "!!bool" when node.Text.ToLowerInvariant() is "yes" or "no" or "true" or "false" or "on" or "off":
                return YamlKind.Bool;
            case "!!bool":
                throw ComposeFaultException.MissingKey($"line {node.Line + 1}: '{node.Text}' is no boolean");
            case "!!int":
                return YamlKind.Integer;
            case "!!float" when node.Text.AsSpan().ContainsAny('.', 'e', 'E') || IsTool:
                return YamlKind.Float;
            case "!!float":
                throw ComposeFaultException.BadValue($"line {node.Line + 1}: '{node.Text}' is no fraction");
            case "!!binary":
                return YamlKind.Bytes;
            case "!!timestamp":
                return YamlScalarTypes.IsDate(node.Text) ? YamlKind.Date : throw ComposeFaultException.Yaml($"'{node.Text}' is no date", node.Line);
            case "!!map" or "!!seq" or "!!omap" or "!!set" or "!!pairs":
                throw ComposeFaultException.Yaml($"{node.Tag} on a single value", node.Line);
            default:
                RefuseForeignTag(node);
                return YamlKind.Tagged;
        }
    }

    private YamlKind PlainKind(YamlNode node)
    {
        var kind = YamlScalarTypes.Resolve(node.Text, dialect);
        return kind == YamlKind.Tagged && IsTool
            ? throw ComposeFaultException.Yaml($"a value that is only '{node.Text}'", node.Line)
            : kind;
    }

    private static string? ForeignTag(YamlNode node) =>
        node.Tag is null or "!!map" or "!!seq" or "!!omap" or "!!pairs" or "!!set" ? null : node.Tag;

    private void RefuseForeignTag(YamlNode node)
    {
        var others = node.Shape switch
        {
            YamlShape.Scalar => false,
            _ when node.Tag is "!!str" or "!!int" or "!!bool" or "!!float" or "!!null" or "!!binary" or "!!timestamp" => true,
            YamlShape.List => node.Tag is "!!map" or "!!set",
            _ => node.Tag is "!!seq",
        };
        if (others || (IsTool && node.Tag is not null && ForeignTag(node) is not null))
        {
            throw ComposeFaultException.Yaml($"the tag {node.Tag} is unknown here", node.Line);
        }
    }
}
