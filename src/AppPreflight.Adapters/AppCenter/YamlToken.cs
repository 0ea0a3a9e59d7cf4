namespace AppPreflight.AppCenter;

internal enum YamlTokenKind
{
    StreamEnd,
    Directive,
    DocumentStart,
    DocumentEnd,
    BlockListStart,
    BlockMapStart,
    BlockEnd,
    FlowListStart,
    FlowListEnd,
    FlowMapStart,
    FlowMapEnd,
    Key,
    Value,
    BlockEntry,
    FlowEntry,
    Alias,
    Anchor,
    Tag,
    Scalar,
}

/// <summary>How a scalar is written: <c>'\0'</c> plain, a quote, <c>'|'</c> or <c>'&gt;'</c>.</summary>
internal static class YamlStyle
{
    public const char Plain = '\0';
}

/// <summary>One token; <paramref name="Text"/> is a name, a scalar's value, a tag's suffix, <paramref name="Handle"/> a tag's handle.</summary>
internal sealed record YamlToken(YamlTokenKind Kind, int Line, string Text = "", char Style = YamlStyle.Plain, string? Handle = null);
