using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Ports;
using AppPreflight.Remedies;

namespace AppPreflight.Pipeline;

/// <summary>
/// What a purge takes and a pull does not bring back by itself: the tags of the image, somebody else's among them. The intent to
/// purge carries them, so that neither a crash nor a failed pull loses one.
/// </summary>
internal sealed class OwedNames(IJournal journal, IImageStore store, TimeProvider time)
{
    /// <summary>The tags that a purge takes.</summary>
    public static IReadOnlyList<string> Of(Remedy remedy) => remedy is { Kind: RemedyKind.Purge, Of: not null }
        ? [.. remedy.Names.Where(name => ImageReference.TryParse(name) is { Tag: not null, Digest: null })]
        : [];

    /// <summary>Puts names on the very image that had them, where it is there and nobody else has taken the name meanwhile.</summary>
    /// <returns>Whether any was put back: what the engine holds is another thing now.</returns>
    public async Task<bool> PutBackAsync(Action<string> note, CancellationToken cancellationToken)
    {
        var isChanged = false;
        try
        {
            if (journal.Owed() is not { Count: > 0 } owed) return false;
            var engine = await store.ReadAsync(cancellationToken);
            foreach (var line in owed)
            {
                var missing = await MissingAsync(line.Names, cancellationToken);
                var image = engine.Images.FirstOrDefault(image => image.Id.ToString() == line.Of);
                // an image that is not back may come back later
                if (missing.Count > 0 && image is null) continue;
                foreach (var name in missing)
                {
                    await store.TagAsync(image!.Id, name, cancellationToken);
                    isChanged = true;
                    note($"{name} stands again on the image that had this name before a purge");
                }

                journal.Append(line with { Mark = JournalMark.PutBack, At = time.GetUtcNow(), Of = null, Names = [] });
            }
        }
        catch (SourceException e)
        {
            note($"the names that a purge took could not all be put back: {e.Message}");
        }

        return isChanged;
    }

    private async Task<List<ImageReference>> MissingAsync(IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        var missing = new List<ImageReference>();
        foreach (var name in names.Select(ImageReference.TryParse).OfType<ImageReference>())
            if (!await StandsAsync(name, cancellationToken)) missing.Add(name);
        return missing;
    }

    private async Task<bool> StandsAsync(ImageReference name, CancellationToken cancellationToken)
    {
        try
        {
            return await store.FindAsync(name, cancellationToken) is not null;
        }
        catch (SourceException e) when (e.Fault == Fault.Corrupt)
        {
            return true; // on an image that the engine can't read, and lists no more
        }
    }
}
