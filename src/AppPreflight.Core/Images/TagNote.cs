using AppPreflight.Oci;

namespace AppPreflight.Images;

/// <summary>What a tag named from one look at it to another.</summary>
/// <param name="Root">What the tag itself named last in that time: an index when there is one, else the manifest.</param>
public sealed record TagState(Digest Root, ImageMarks Marks, DateTimeOffset First, DateTimeOffset Last);

/// <summary>What runs saw of one tag, for one platform: one state after the other, the present one last.</summary>
/// <remarks>
/// A state is what would run here. An index that is put together anew around the same manifest (another platform, an attestation, a mirror's own
/// form) begins none. A tag that goes back to what it was begins a new one all the same, so that the way there can be told.
/// </remarks>
public sealed record TagNote(ImageReference Reference, string Platform, IReadOnlyList<TagState> States)
{
    public const int MostStates = 10;

    /// <summary>overlayfs takes no more lower folders than that (Linux, fs/overlayfs, OVL_MAX_STACK).</summary>
    public const int MostLayers = 500;

    /// <summary>Characters of reference and platform.</summary>
    public const int LongestKey = 1000;

    public string Key => $"{Reference} {Platform}";

    public TagState Latest => States[^1];

    /// <summary>A tag that is looked at for the first time.</summary>
    /// <param name="platform">Which was asked for; what came may be for another.</param>
    /// <returns>Null where there is nothing to remember: a reference by digest never moves, and an image of that many layers never runs.</returns>
    public static TagNote? Of(ImageReference reference, ServedImage served, Platform platform, DateTimeOffset at)
    {
        var note = new TagNote(reference, platform.Normalised.ToString(), [new(served.Root.Digest, ImageMarks.Of(served), at, at)]);
        return reference.Digest is null && served.Config.DiffIds.Count <= MostLayers && note.Key.Length <= LongestKey ? note : null;
    }

    /// <summary>With what a later look at the same tag showed. A clock that was set back shortens no state.</summary>
    public TagNote Then(TagState now) => this with
    {
        States = now.Root == Latest.Root || now.Marks.Manifest == Latest.Marks.Manifest
            ? [.. States.SkipLast(1), now with { First = Latest.First, Last = now.Last > Latest.Last ? now.Last : Latest.Last }]
            : [.. States.TakeLast(MostStates - 1), now],
    };

    /// <summary>The last time it was pushed again; null where nobody saw that.</summary>
    public TagMove? LastMove => States.Count < 2 ? null
        : new(States[^2], Latest) { SameBefore = States.SkipLast(2).LastOrDefault(state => state.Marks.Manifest == Latest.Marks.Manifest) };
}

/// <summary>A tag was pushed again between two looks.</summary>
public sealed record TagMove(TagState Before, TagState After)
{
    /// <summary>When it had been what it is now already, if it had.</summary>
    public TagState? SameBefore { get; init; }
}
