using System.Text.Json;
using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.Docker;

/// <summary>Puts what an engine tells of an image into the words of the image's own configuration.</summary>
/// <remarks>
/// Source: moby daemon/images, image_inspect.go and image_history.go (20.10). What can't be told from it: fields of the configuration that
/// the engine does not know; of the steps who made them, when to less than a second, and at times which of them made a layer.
/// </remarks>
internal static class EngineForm
{
    /// <summary>Go's zero time: where the configuration names none.</summary>
    private const string NoTime = "0001-01-01T00:00:00Z";

    // the other names of inspect are of the engine's copy, not of the image
    private static readonly Dictionary<string, string> Names = new(StringComparer.Ordinal)
    {
        ["Config"] = "config",
        ["ContainerConfig"] = "container_config",
        ["Container"] = "container",
        ["DockerVersion"] = "docker_version",
        ["Author"] = "author",
        ["Comment"] = "comment",
        ["OsVersion"] = "os.version",
    };

    /// <param name="history">Newest first.</param>
    /// <exception cref="FormatException">A digest that is none, or too many fields.</exception>
    public static ImageForm Of(string name, JsonElement inspect, IReadOnlyList<HistoryLine?> history, bool usesContainerd)
    {
        var answer = inspect.Deserialize(DockerJson.Default.ImageAnswer) ?? throw new FormatException("it is null");
        var id = Digest.Parse(answer.Id ?? "");
        var diffIds = (answer.RootFS?.Layers ?? []).Select(layer => new DiffId(Digest.Parse(layer ?? ""))).ToList();
        var digests = (answer.RepoDigests ?? []).Select(text => Digest.TryParse(text?[(text.IndexOf('@', StringComparison.Ordinal) + 1)..])).OfType<Digest>();
        var details = new ConfigDetails(new(answer.Os ?? "", answer.Architecture ?? "", answer.Variant is "" ? null : answer.Variant), diffIds)
        {
            Created = answer.Created is "" or NoTime ? null : answer.Created,
            History = EngineHistory.Of(history, diffIds.Count),
        };
        return new(name, ImagePlace.Engine)
        {
            ConfigDigest = usesContainerd ? null : id,
            Config = details with { Fields = Fields(inspect, details) },
            Layers = [.. diffIds.Select(diffId => new FormLayer(null, diffId))],
            PulledAs = [.. (usesContainerd ? digests.Prepend(id) : digests).Distinct()],
        };
    }

    private static SortedDictionary<string, string> Fields(JsonElement inspect, ConfigDetails details)
    {
        var fields = new SortedDictionary<string, string>(DocumentFields.Of(inspect, "", IsText).ToDictionary(field => Names[field.Key], field => field.Value), StringComparer.Ordinal);
        foreach (var property in inspect.EnumerateObject().Where(property => property.Value.ValueKind == JsonValueKind.Object && Names.ContainsKey(property.Name)))
        {
            foreach (var (field, value) in DocumentFields.Of(property.Value, Names[property.Name] + ".", static _ => true)) fields[field] = value;
        }

        // where the configuration has no comment the engine shows the newest step's
        if (details.IsLastComment(fields.GetValueOrDefault("comment"))) fields.Remove("comment");
        return fields;

        bool IsText(string name) => Names.ContainsKey(name) && inspect.GetProperty(name).ValueKind == JsonValueKind.String;
    }
}
