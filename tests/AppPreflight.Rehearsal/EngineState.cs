using System.Globalization;
using System.Text.Json.Nodes;

namespace AppPreflight.Rehearsal;

/// <summary>An image as the engine tells it; lists sorted, so that two looks compare.</summary>
internal sealed record StoredState(
    string Id, IReadOnlyList<string> Tags, IReadOnlyList<string> RepoDigests, IReadOnlyList<string> DiffIds, string Architecture)
{
    public override string ToString() => $"{Id} {Architecture} [{string.Join(' ', Tags)}] [{string.Join(' ', RepoDigests)}]";
}

/// <summary>A container: equal before and after means that nobody stopped, started or replaced it.</summary>
internal sealed record RunningContainer(string Id, string ImageId, string StartedAt, bool Running);

/// <summary>Everything the engine holds at one moment, one line an image or container.</summary>
internal sealed record EngineSnapshot(IReadOnlyList<string> Images, IReadOnlyList<RunningContainer> Containers)
{
    public bool SameAs(EngineSnapshot other) =>
        Images.SequenceEqual(other.Images, StringComparer.Ordinal) && Containers.SequenceEqual(other.Containers);
}

/// <summary>Looks at an engine: what tests compare before and after.</summary>
internal static class EngineState
{
    /// <summary>Null when the engine knows no such image.</summary>
    public static async Task<StoredState?> FindImageAsync(this EngineApi api, string reference, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await api.GetAsync($"/images/{reference}/json", cancellationToken);
            return new(
                answer["Id"]!.GetValue<string>(), Texts(answer["RepoTags"]), Texts(answer["RepoDigests"]),
                [.. answer["RootFS"]!["Layers"]!.AsArray().Select(node => node!.GetValue<string>())],
                answer["Architecture"]!.GetValue<string>());
        }
        catch (EngineRefusedException refused) when (refused.Status == System.Net.HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    public static async Task<RunningContainer> ContainerAsync(this EngineApi api, string id, CancellationToken cancellationToken)
    {
        var answer = await api.GetAsync($"/containers/{id}/json", cancellationToken);
        var state = answer["State"]!;
        return new(
            answer["Id"]!.GetValue<string>(), answer["Image"]!.GetValue<string>(),
            state["StartedAt"]!.GetValue<string>(), state["Running"]!.GetValue<bool>());
    }

    public static async Task<EngineSnapshot> SnapshotAsync(this EngineApi api, CancellationToken cancellationToken)
    {
        var images = await api.GetAsync("/images/json?all=1&digests=1", cancellationToken);
        var containers = await api.GetAsync("/containers/json?all=1", cancellationToken);
        var running = new List<RunningContainer>();
        foreach (var container in containers.AsArray())
            running.Add(await api.ContainerAsync(container!["Id"]!.GetValue<string>(), cancellationToken));
        return new(
            [.. images.AsArray().Select(image => Line(image!)).Order(StringComparer.Ordinal)],
            [.. running.OrderBy(container => container.Id, StringComparer.Ordinal)]);
    }

    private static string Line(JsonNode image) => string.Create(
        CultureInfo.InvariantCulture,
        $"{image["Id"]!.GetValue<string>()} [{string.Join(' ', Texts(image["RepoTags"]))}] [{string.Join(' ', Texts(image["RepoDigests"]))}]");

    private static string[] Texts(JsonNode? list) =>
        [.. (list as JsonArray ?? []).Select(node => node!.GetValue<string>()).Order(StringComparer.Ordinal)];
}
