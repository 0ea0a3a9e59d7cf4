namespace AppPreflight.AppCenter;

internal enum YamlShape
{
    Scalar,
    List,
    Map,
}

/// <summary>One node of the tree as written: an alias is the very node of its anchor, so the tree may be a ring.</summary>
internal sealed class YamlNode(YamlShape shape, int line)
{
    public YamlShape Shape { get; } = shape;

    public int Line { get; } = line;

    public string Text { get; init; } = "";

    public char Style { get; init; } = YamlStyle.Plain;

    /// <summary>Within brackets: the App Center writes it there again, where fewer texts may go without quotes.</summary>
    public bool InFlow { get; init; }

    /// <summary><c>!!int</c> and the like for YAML's own types, any other tag as written, null for none.</summary>
    public string? Tag { get; init; }

    public string? Anchor { get; init; }

    /// <summary>How many aliases name this node.</summary>
    public int Aliases { get; set; }

    public List<YamlNode> Items => field ??= [];

    public List<(YamlNode Key, YamlNode Value)> Pairs => field ??= [];

    /// <summary>Nothing was written at all, not even quotes.</summary>
    public static YamlNode Empty(int line, bool inFlow) => new(YamlShape.Scalar, line) { InFlow = inFlow };
}
