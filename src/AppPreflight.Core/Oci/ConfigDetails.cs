namespace AppPreflight.Oci;

/// <summary>One step of an image's making.</summary>
/// <param name="CreatedBy">The command; "" where none is told.</param>
/// <param name="IsEmptyLayer">It made no layer.</param>
public sealed record HistoryEntry(string CreatedBy, bool IsEmptyLayer)
{
    /// <summary>As written, RFC 3339; null where none is told.</summary>
    public string? Created { get; init; }

    public string? Comment { get; init; }

    public string? Author { get; init; }
}

/// <summary>All an image says of itself besides its layers' bytes.</summary>
/// <remarks>Source: OCI image-spec v1.1 config.md; Docker image specification v1.2.</remarks>
public sealed record ConfigDetails(Platform Platform, IReadOnlyList<DiffId> DiffIds)
{
    /// <summary>Steps; real images have some dozens.</summary>
    public const int MaxHistory = 2000;

    /// <summary>As written, RFC 3339; null where none is told.</summary>
    public string? Created { get; init; }

    /// <summary>Base first.</summary>
    public IReadOnlyList<HistoryEntry> History { get; init; } = [];

    /// <summary>Everything else, by <see cref="DocumentFields"/>: "config.Cmd", "config.Labels.version", "author", "docker_version".</summary>
    public IReadOnlyDictionary<string, string> Fields { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <exception cref="FormatException">Not an image configuration; the message names the place.</exception>
    public static ConfigDetails Parse(ReadOnlyMemory<byte> bytes)
    {
        var config = ImageConfig.Parse(bytes);
        return OciJson.Read(bytes, "the image configuration", ImageConfig.MaxBytes, root =>
        {
            var details = new ConfigDetails(config.Platform, config.DiffIds)
            {
                Created = root.Text("created"),
                History = [.. root.List("history", MaxHistory).Select(Step)],
            };
            return details with
            {
                Fields = DocumentFields.Of(root, "", name => name is not ("rootfs" or "history" or "created" or "os" or "architecture" or "variant")
                    && (name != "comment" || !details.IsLastComment(root.Text("comment")))),
            };
        });
    }

    /// <summary>The newest step's comment is not the image's own: an engine shows it in its place, and then nobody can tell whether it was there.</summary>
    /// <remarks>Source: moby daemon/images/image_inspect.go, LookupImage.</remarks>
    public bool IsLastComment(string? comment) => History is [.., var last] && (last.Comment ?? "") == (comment ?? "");

    private static HistoryEntry Step(System.Text.Json.JsonElement step) => new(step.Text("created_by") ?? "", step.Find("empty_layer")?.ValueKind == System.Text.Json.JsonValueKind.True)
    {
        Created = step.Text("created"),
        Comment = step.Text("comment"),
        Author = step.Text("author"),
    };
}
