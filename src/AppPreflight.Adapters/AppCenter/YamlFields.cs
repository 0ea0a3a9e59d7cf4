using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;
using DocumentNode = YamlDotNet.RepresentationModel.YamlNode;

namespace AppPreflight.AppCenter;

/// <summary>The fields of one YAML map that may have these keys and no others; every complaint names file and line.</summary>
internal sealed class YamlFields
{
    private readonly Dictionary<string, DocumentNode> nodes = new(StringComparer.Ordinal);
    private readonly string file;
    private readonly DocumentNode map;

    /// <exception cref="Ports.SourceException">Not a map, or a key that is none of <paramref name="keys"/>, or twice there.</exception>
    public YamlFields(string file, DocumentNode node, params string[] keys)
    {
        this.file = file;
        map = node;
        foreach (var (key, value) in (node as YamlMappingNode ?? throw Refusal(node, "a map is expected here")).Children)
        {
            string name = (key as YamlScalarNode)?.Value ?? "";
            if (!keys.Contains(name, StringComparer.Ordinal))
            {
                throw Refusal(key, $"'{name}' is not known here; known are {string.Join(", ", keys)}");
            }

            // to the YAML reader "a" with a tag is another key than "a" without
            if (!nodes.TryAdd(name, value))
            {
                throw Refusal(key, $"'{name}' is there twice");
            }
        }
    }

    public DocumentNode Map => map;

    public DocumentNode? Node(string key) => nodes.GetValueOrDefault(key);

    /// <exception cref="Ports.SourceException">There, but not one line of text.</exception>
    public string? Text(string key) => Node(key) is { } node ? TextOf(node, key) : null;

    /// <exception cref="Ports.SourceException">Missing, or not one line of text.</exception>
    public string Required(string key) => Text(key) ?? throw Refusal(map, $"'{key}' is missing");

    /// <exception cref="Ports.SourceException">Missing, empty, or no list.</exception>
    public IReadOnlyList<DocumentNode> List(string key) => Node(key) is YamlSequenceNode { Children.Count: > 0 } list
        ? [.. list.Children]
        : throw Refusal(Node(key) ?? map, $"'{key}' has to be a list with at least one element");

    public string TextOf(DocumentNode node, string key) =>
        node is YamlScalarNode { Value: { Length: > 0 } text } scalar && IsText(scalar) && !text.Any(char.IsControl) && text.Trim() == text
            ? text
            : throw Refusal(node, $"'{key}' has to be one line of text");

    public Ports.SourceException Refusal(DocumentNode node, string what) => GuardedYaml.Refusal(file, node, what);

    private static bool IsText(YamlScalarNode scalar) => scalar.Style != ScalarStyle.Plain || scalar.Value is not ("~" or "null");
}
