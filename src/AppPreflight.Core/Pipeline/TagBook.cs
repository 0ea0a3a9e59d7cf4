using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.Pipeline;

/// <summary>What the tags of one run were before, and what it saw of them.</summary>
/// <param name="recall">Asked once, and only by a run that looks at a registry.</param>
/// <param name="host">The platform that is asked for.</param>
/// <param name="now">When this run looks; one time for all of its looks.</param>
internal sealed class TagBook(Func<IReadOnlyDictionary<string, TagNote>> recall, Platform host, DateTimeOffset now)
{
    private readonly Dictionary<string, TagNote> seen = new(StringComparer.Ordinal);
    private IReadOnlyDictionary<string, TagNote>? past;

    /// <summary>For the memory: of each tag what the last look at it showed.</summary>
    public IReadOnlyCollection<TagNote> Seen => seen.Values;

    /// <returns>What earlier runs saw of this tag, and this look; null where there is nothing to remember.</returns>
    public TagNote? See(ImageObservation observation)
    {
        if (observation.Served is not { } served || TagNote.Of(observation.Image.Reference, served, host, now) is not { } note) return null;
        past ??= recall();
        return seen[note.Key] = past.TryGetValue(note.Key, out var known) ? known.Then(note.Latest) : note;
    }
}
