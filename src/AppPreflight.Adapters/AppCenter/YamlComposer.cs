namespace AppPreflight.AppCenter;

/// <summary>Turns tokens into one tree of nodes.</summary>
/// <remarks>Rules: parser.py and composer.py of ruamel.yaml 0.17.21 and PyYAML 6.0; they differ at empty keys and at repeated anchors.</remarks>
internal sealed class YamlComposer
{
    /// <summary>Deeper than Python's default stack of 1000 calls can follow: four calls a level (measured with both readers).</summary>
    public const int MaxDepth = 246;

    private const string CoreTags = "tag:yaml.org,2002:";

    private readonly YamlScanner scanner;
    private readonly Dictionary<string, YamlNode> anchors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> handles = new(StringComparer.Ordinal);
    private readonly int maxDepth;
    private int depth;
    private int flowDepth;

    private YamlComposer(string text, YamlDialect dialect, int maxDepth)
    {
        scanner = new YamlScanner(text, dialect);
        this.maxDepth = maxDepth;
    }

    private bool Old => scanner.Dialect != YamlDialect.AppCenter;

    /// <returns>The one document's root and the dialect its directives chose; null if there is no document.</returns>
    public static (YamlNode? Root, YamlDialect Dialect) Read(string text, YamlDialect dialect, int maxDepth = MaxDepth)
    {
        var composer = new YamlComposer(text, dialect, maxDepth);
        var root = composer.ReadStream();
        return (root, composer.scanner.Dialect);
    }

    private bool Next(params ReadOnlySpan<YamlTokenKind> kinds) => kinds.Contains(scanner.Peek().Kind);

    private YamlNode? ReadStream()
    {
        var explicitStart = Next(YamlTokenKind.Directive, YamlTokenKind.DocumentStart, YamlTokenKind.StreamEnd);
        if (explicitStart && Next(YamlTokenKind.StreamEnd))
        {
            return null;
        }

        var root = explicitStart ? ReadExplicit() : ReadNode(block: true, indentless: false);
        EndDocument();
        return root;
    }

    private YamlNode ReadExplicit()
    {
        ReadDirectives();
        if (!Next(YamlTokenKind.DocumentStart))
        {
            throw Unexpected("a document");
        }

        var line = scanner.Take().Line;
        return Next(YamlTokenKind.Directive, YamlTokenKind.DocumentStart, YamlTokenKind.DocumentEnd, YamlTokenKind.StreamEnd)
            ? YamlNode.Empty(line, inFlow: false)
            : ReadNode(block: true, indentless: false);
    }

    private void EndDocument()
    {
        if (Next(YamlTokenKind.DocumentEnd))
        {
            scanner.Take();
        }

        while (Old && Next(YamlTokenKind.DocumentEnd))
        {
            scanner.Take();
        }

        if (!Next(YamlTokenKind.StreamEnd))
        {
            throw ComposeFaultException.Yaml("more than one document", scanner.Peek().Line);
        }
    }

    private void ReadDirectives()
    {
        var versions = 0;
        while (Next(YamlTokenKind.Directive))
        {
            var token = scanner.Take();
            if (token.Handle == "YAML" && (++versions > 1 || !token.Text.StartsWith("1.", StringComparison.Ordinal)))
            {
                throw ComposeFaultException.Yaml("a second or unknown version directive", token.Line);
            }

            if (token.Handle == "TAG" && token.Text.Split(' ', 2) is [var handle, var prefix] && !handles.TryAdd(handle, prefix))
            {
                throw ComposeFaultException.Yaml("the same tag handle twice", token.Line);
            }
        }
    }

    private YamlNode ReadNode(bool block, bool indentless)
    {
        if (Next(YamlTokenKind.Alias))
        {
            return Resolve(scanner.Take());
        }

        var line = scanner.Peek().Line;
        var (anchor, written) = ReadProperties();
        // the tag "!" alone only says: judge this by its form, even within quotes
        var tag = written == "!" ? null : written;
        if (indentless && Next(YamlTokenKind.BlockEntry))
        {
            return Nested(new YamlNode(YamlShape.List, line) { Tag = tag, Anchor = anchor }, ReadIndentless);
        }

        return scanner.Peek().Kind switch
        {
            YamlTokenKind.Scalar => Keep(Scalar(scanner.Take(), tag, anchor, bare: written == "!")),
            YamlTokenKind.FlowListStart => Flow(new YamlNode(YamlShape.List, line) { Tag = tag, Anchor = anchor, InFlow = true }, ReadFlowList),
            YamlTokenKind.FlowMapStart => Flow(new YamlNode(YamlShape.Map, line) { Tag = tag, Anchor = anchor, InFlow = true }, ReadFlowMap),
            YamlTokenKind.BlockListStart when block => Nested(new YamlNode(YamlShape.List, line) { Tag = tag, Anchor = anchor }, ReadBlockList),
            YamlTokenKind.BlockMapStart when block => Nested(new YamlNode(YamlShape.Map, line) { Tag = tag, Anchor = anchor }, ReadBlockMap),
            _ when anchor is not null || written is not null =>
                Keep(new YamlNode(YamlShape.Scalar, line) { Tag = tag, Anchor = anchor, InFlow = flowDepth > 0 }),
            _ => throw Unexpected("a value"),
        };
    }

    private YamlNode Scalar(YamlToken token, string? tag, string? anchor, bool bare) =>
        new(YamlShape.Scalar, token.Line) { Text = token.Text, Style = bare ? YamlStyle.Plain : token.Style, Tag = tag, Anchor = anchor, InFlow = flowDepth > 0 };

    private YamlNode Resolve(YamlToken alias)
    {
        if (!anchors.TryGetValue(alias.Text, out var node))
        {
            throw ComposeFaultException.Yaml($"the alias *{alias.Text} has no anchor before it", alias.Line);
        }

        node.Aliases++;
        return node;
    }

    private YamlNode Keep(YamlNode node)
    {
        if (node.Anchor is null)
        {
            return node;
        }

        if (scanner.Dialect == YamlDialect.ComposeTool && anchors.ContainsKey(node.Anchor))
        {
            throw ComposeFaultException.Yaml($"the anchor &{node.Anchor} twice", node.Line);
        }

        anchors[node.Anchor] = node;
        return node;
    }

    private YamlNode Nested(YamlNode node, Action<YamlNode> read)
    {
        Keep(node);
        if (++depth > maxDepth)
        {
            throw ComposeFaultException.TooDeep();
        }

        read(node);
        depth--;
        return node;
    }

    private YamlNode Flow(YamlNode node, Action<YamlNode> read)
    {
        scanner.Take();
        flowDepth++;
        Nested(node, read);
        flowDepth--;
        return node;
    }

    private (string? Anchor, string? Tag) ReadProperties()
    {
        string? anchor = null;
        string? tag = null;
        for (var part = 0; part < 2; part++)
        {
            if (anchor is null && Next(YamlTokenKind.Anchor))
            {
                anchor = scanner.Take().Text;
            }
            else if (tag is null && Next(YamlTokenKind.Tag))
            {
                tag = ExpandTag(scanner.Take());
            }
        }

        return (anchor, tag);
    }

    private string ExpandTag(YamlToken token)
    {
        var full = token.Handle switch
        {
            null => token.Text,
            var handle when handles.TryGetValue(handle, out var prefix) => prefix + token.Text,
            "!" => "!" + token.Text,
            "!!" => CoreTags + token.Text,
            _ => throw ComposeFaultException.Yaml($"the tag handle {token.Handle} is not declared", token.Line),
        };
        return full.StartsWith(CoreTags, StringComparison.Ordinal) ? "!!" + full[CoreTags.Length..] : full;
    }

    private void ReadBlockList(YamlNode list)
    {
        scanner.Take();
        while (Next(YamlTokenKind.BlockEntry))
        {
            var line = scanner.Take().Line;
            list.Items.Add(Next(YamlTokenKind.BlockEntry, YamlTokenKind.BlockEnd) ? Nothing(line) : ReadNode(block: true, indentless: false));
        }

        Expect(YamlTokenKind.BlockEnd, "the end of a list");
    }

    private void ReadIndentless(YamlNode list)
    {
        while (Next(YamlTokenKind.BlockEntry))
        {
            var line = scanner.Take().Line;
            list.Items.Add(Next(YamlTokenKind.BlockEntry, YamlTokenKind.Key, YamlTokenKind.Value, YamlTokenKind.BlockEnd)
                ? Nothing(line)
                : ReadNode(block: true, indentless: false));
        }
    }

    private void ReadBlockMap(YamlNode map)
    {
        scanner.Take();
        while (Next(YamlTokenKind.Key) || (!Old && Next(YamlTokenKind.Value)))
        {
            var line = scanner.Peek().Line;
            var key = ReadBlockKey(line);
            map.Pairs.Add((key, ReadBlockValue(line)));
        }

        Expect(YamlTokenKind.BlockEnd, "the end of a map");
    }

    private YamlNode ReadBlockKey(int line)
    {
        if (!Next(YamlTokenKind.Key))
        {
            return Nothing(line);
        }

        scanner.Take();
        return Next(YamlTokenKind.Key, YamlTokenKind.Value, YamlTokenKind.BlockEnd) ? Nothing(line) : ReadNode(block: true, indentless: true);
    }

    private YamlNode ReadBlockValue(int line)
    {
        if (!Next(YamlTokenKind.Value))
        {
            return Nothing(line);
        }

        scanner.Take();
        return Next(YamlTokenKind.Key, YamlTokenKind.Value, YamlTokenKind.BlockEnd) ? Nothing(line) : ReadNode(block: true, indentless: true);
    }

    private void ReadFlowList(YamlNode list)
    {
        for (var first = true; !Next(YamlTokenKind.FlowListEnd); first = false)
        {
            if (!first)
            {
                Expect(YamlTokenKind.FlowEntry, "',' or ']'");
            }

            if (Next(YamlTokenKind.Key))
            {
                list.Items.Add(ReadSinglePair());
            }
            else if (!Next(YamlTokenKind.FlowListEnd))
            {
                list.Items.Add(ReadNode(block: false, indentless: false));
            }
            else
            {
                break;
            }
        }

        scanner.Take();
    }

    private YamlNode ReadSinglePair()
    {
        var line = scanner.Take().Line;
        var map = new YamlNode(YamlShape.Map, line) { InFlow = true };
        var key = ReadUnless(line, YamlTokenKind.Value, YamlTokenKind.FlowEntry, YamlTokenKind.FlowListEnd);
        map.Pairs.Add((key, ReadFlowValue(line, YamlTokenKind.FlowListEnd)));
        return map;
    }

    private void ReadFlowMap(YamlNode map)
    {
        for (var first = true; !Next(YamlTokenKind.FlowMapEnd); first = false)
        {
            if (!first)
            {
                Expect(YamlTokenKind.FlowEntry, "',' or '}'");
            }

            var line = scanner.Peek().Line;
            if (Next(YamlTokenKind.Key))
            {
                scanner.Take();
                var key = ReadUnless(line, YamlTokenKind.Value, YamlTokenKind.FlowEntry, YamlTokenKind.FlowMapEnd);
                map.Pairs.Add((key, ReadFlowValue(line, YamlTokenKind.FlowMapEnd)));
            }
            else if (!Old && Next(YamlTokenKind.Value))
            {
                map.Pairs.Add((Nothing(line), ReadFlowValue(line, YamlTokenKind.FlowMapEnd)));
            }
            else if (!Next(YamlTokenKind.FlowMapEnd))
            {
                map.Pairs.Add((ReadNode(block: false, indentless: false), Nothing(line)));
            }
            else
            {
                break;
            }
        }

        scanner.Take();
    }

    private YamlNode ReadFlowValue(int line, YamlTokenKind end)
    {
        if (!Next(YamlTokenKind.Value))
        {
            return Nothing(line);
        }

        scanner.Take();
        return ReadUnless(line, YamlTokenKind.FlowEntry, end);
    }

    private YamlNode ReadUnless(int line, params ReadOnlySpan<YamlTokenKind> kinds) =>
        kinds.Contains(scanner.Peek().Kind) ? Nothing(line) : ReadNode(block: false, indentless: false);

    private YamlNode Nothing(int line) => YamlNode.Empty(line, flowDepth > 0);

    private void Expect(YamlTokenKind kind, string what)
    {
        if (!Next(kind))
        {
            throw Unexpected(what);
        }

        scanner.Take();
    }

    private ComposeFaultException Unexpected(string wanted) =>
        ComposeFaultException.Yaml($"expected {wanted}, found {scanner.Peek().Kind}", scanner.Peek().Line);
}
