using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Runs;

namespace AppPreflight.Agent;

/// <summary>An image of an app's chain that something happened to.</summary>
/// <param name="Image">The reference, as the report has it.</param>
internal sealed record WatchedImage(string App, string Image);

/// <summary>The names and ids of all images that stand in the apps' last reports.</summary>
/// <remarks>
/// Source: moby, daemon/images (LogImageEvent). "pull" tells the reference as subject and its repository as name; "tag" the id
/// as subject and the new reference as name; "untag", "delete" and "load" the id as both. The id is the config's digest in the
/// classic store and the manifest's (or index's) in containerd's: so both of the served image are watched, too: who loads it brings it.
/// A pull of all tags tells the repository as subject.
/// </remarks>
internal sealed class WatchedImages
{
    public static readonly WatchedImages None = new([]);

    private readonly Dictionary<string, List<WatchedImage>> byKey = new(StringComparer.Ordinal);

    public WatchedImages(IEnumerable<PreflightReport> reports)
    {
        foreach (var report in reports)
        {
            foreach (var image in report.Images) Add(new(report.App, image.Reference), image);
        }
    }

    /// <summary>Of which images an event tells; none for most.</summary>
    public IReadOnlyList<WatchedImage> Of(EngineEvent happened) =>
        KeyOf(happened) is { } key && byKey.TryGetValue(key, out var found) ? found : [];

    private static string? KeyOf(EngineEvent happened) => (happened.Type, happened.Action) switch
    {
        ("image", "pull") when happened.Subject == happened.Name => AllTagsOf(happened.Name),
        ("image", "pull") => NameKey(happened.Subject),
        ("image", "tag") => NameKey(happened.Name),
        ("image", "untag" or "delete" or "load") => happened.Subject,
        _ => null,
    };

    private static string? NameKey(string name) => ImageReference.TryParse(name)?.ToString();

    private static string? AllTagsOf(string name) => ImageReference.TryParse(name) is { } parsed ? $"{parsed.Name}:*" : null;

    private void Add(WatchedImage watched, ReportedImage image)
    {
        if (ImageReference.TryParse(image.Reference) is { } reference) AddNames(watched, reference);
        foreach (var stored in image.Stored?.RepoDigests ?? []) Add(watched, NameKey(stored));
        Add(watched, image.Stored?.Id);
        Add(watched, image.Served?.Config);
        Add(watched, image.Served?.Manifest);
    }

    // pulled by digest, the engine forgets the tag
    private void AddNames(WatchedImage watched, ImageReference reference)
    {
        Add(watched, reference.ToString());
        Add(watched, $"{reference.Name}:*");
        if (reference.Digest is { } digest) Add(watched, reference.At(digest).ToString());
    }

    private void Add(WatchedImage watched, string? key)
    {
        if (key is null) return;
        if (!byKey.TryGetValue(key, out var known)) byKey[key] = known = [];
        if (!known.Contains(watched)) known.Add(watched);
    }
}
