using AppPreflight.Oci;

namespace AppPreflight.Runs;

/// <summary>How much of what the engine holds for an app was read through, and when. Told to people; no verdict is made of it.</summary>
/// <param name="Layers">Layers of its images that the engine has, each once.</param>
/// <param name="Proved">How many of them were sound when they were read last.</param>
/// <param name="Damaged">How many were not.</param>
/// <param name="Oldest">When the one of the proved was read that was read longest ago; null when none was.</param>
public sealed record AppProof(string App, int Layers, int Proved, int Damaged, DateTimeOffset? Oldest)
{
    public static AppProof Of(string app, IReadOnlyCollection<ChainId> layers, IReadOnlyDictionary<ChainId, ProofNote> notes)
    {
        var known = layers.Select(notes.GetValueOrDefault).OfType<ProofNote>().ToList();
        var sound = known.Where(note => note.IsSound).ToList();
        return new(app, layers.Count, sound.Count, known.Count - sound.Count, sound.Count == 0 ? null : sound.Min(note => note.At));
    }
}
