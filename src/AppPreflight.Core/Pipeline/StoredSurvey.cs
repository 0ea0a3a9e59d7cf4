using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Ports;
using AppPreflight.Runs;

namespace AppPreflight.Pipeline;

/// <summary>Step 5 at depth Content: has the engine read its images out and hashes them, each once.</summary>
internal sealed class StoredSurvey(IImageStore store, IProgress<RunEvent> events)
{
    private readonly ByteTally tally = new("hash", "stored images", events);

    public long HashedBytes { get; private set; }

    /// <summary>The engine's state with <see cref="StoredImage.Content"/> filled for the wanted images.</summary>
    /// <remarks>
    /// When one of them is damaged its neighbours on the same layers are hashed too: a sound one clears the layers it
    /// shares, and an unsound one has to be healed with it.
    /// </remarks>
    public async Task<EngineState> HashAsync(EngineState engine, IEnumerable<StoredImage> wanted, CancellationToken cancellationToken)
    {
        var proven = new Dictionary<Digest, StoredImage>();
        await HashEachAsync(wanted, proven, cancellationToken);
        var damaged = proven.Values.Where(image => image.IsSound() == false).ToList();
        await HashEachAsync(damaged.SelectMany(engine.Neighbours), proven, cancellationToken);
        return engine with { Images = [.. engine.Images.Select(image => proven.GetValueOrDefault(image.Id, image))] };
    }

    /// <summary>
    /// Adds the images that the engine hides: one whose configuration rotted is in no list, and every question but a look
    /// by name calls it absent.
    /// </summary>
    /// <exception cref="SourceException">The engine went away meanwhile.</exception>
    public async Task<EngineState> UnhideAsync(EngineState engine, IReadOnlyList<ImageRequirement> images, CancellationToken cancellationToken)
    {
        var absent = images.Where(image => engine.Find(image.Reference) is null);
        var found = await Task.WhenAll(absent.Select(image => HiddenAsync(image.Reference, cancellationToken)));
        return engine with { Images = [.. engine.Images, .. found.OfType<StoredImage>()] };
    }

    private async Task<StoredImage?> HiddenAsync(ImageReference reference, CancellationToken cancellationToken)
    {
        try
        {
            await store.FindAsync(reference, cancellationToken);
            return null;
        }
        catch (SourceException e) when (e.Fault == Fault.Corrupt && Digest.TryParse(e.What.Subject) is { } id)
        {
            var hidden = new StoredImage { Id = id, Fault = e.What };
            return reference.Digest is { } digest
                ? hidden with { RepoDigests = [reference.At(digest).ToString()] }
                : hidden with { Tags = [reference.ToString()] };
        }
    }

    private async Task<StoredContent> ExportAsync(StoredImage image, CancellationToken cancellationToken)
    {
        try
        {
            return await store.ExportAsync(image, tally.Part(), cancellationToken);
        }
        catch (SourceException e)
        {
            return new() { Fault = e.What };
        }
    }

    // one after the other: for each export the engine first writes a whole copy into its own temporary folder
    private async Task HashEachAsync(
        IEnumerable<StoredImage> images, Dictionary<Digest, StoredImage> proven, CancellationToken cancellationToken)
    {
        var todo = images.Where(image => image.Fault is null && !proven.ContainsKey(image.Id)).DistinctBy(image => image.Id).ToList();
        tally.Expect(todo.Sum(image => image.SizeBytes));
        foreach (var image in todo)
        {
            var content = await ExportAsync(image, cancellationToken);
            HashedBytes += content.HashedBytes;
            proven[image.Id] = image with { Content = content };
        }
    }
}
