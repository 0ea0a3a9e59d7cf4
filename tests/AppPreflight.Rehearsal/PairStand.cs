namespace AppPreflight.Rehearsal;

/// <summary>Where the two sides of a pair stand: a repository of their own, asked through somebody who counts, and a folder.</summary>
internal sealed class PairStand : IAsyncDisposable
{
    private readonly Dictionary<string, BuiltImage> images = new(StringComparer.Ordinal);
    private readonly LyingRegistry front;

    public PairStand(Stage stage, string name)
    {
        (Stage, Name) = (stage, name);
        front = LyingRegistry.Before(stage.Registry.Authority);
        Folder = WorkFolder.Create("p");
    }

    public Stage Stage { get; }

    public string Name { get; }

    public string Folder { get; }

    public string Repository => $"{Name}/pair";

    /// <summary>The product, on a host of which nothing but the engine is told.</summary>
    public Executable Program(string path)
    {
        var root = Path.Combine(Folder, "root");
        Directory.CreateDirectory(root);
        return new(path, root, Stage.Engine.Host, Path.Combine(Folder, "state"));
    }

    /// <summary>What to type, and to pull, for a tag of this repository.</summary>
    public string Reference(string tag) => $"{front.Authority}/{Repository}:{tag}";

    public bool IsServed(string typed) => typed.StartsWith(front.Authority, StringComparison.Ordinal);

    /// <summary>What stands under a tag, for the platform that is compared.</summary>
    public BuiltImage Image(string tag) => images[tag];

    public async Task PushAsync(string tag, BuiltImage image, CancellationToken cancellationToken)
    {
        images[tag] = image;
        await Stage.Registry.Api.PushAsync(Repository, tag, image, cancellationToken);
    }

    public async Task PushAsync(string tag, BuiltIndex index, CancellationToken cancellationToken)
    {
        images[tag] = index.Images[0];
        await Stage.Registry.Api.PushAsync(Repository, tag, index, cancellationToken);
    }

    public async Task PushAsync(string tag, BuiltSchema1 manifest, BuiltImage image, CancellationToken cancellationToken)
    {
        images[tag] = image;
        await Stage.Registry.Api.PushAsync(Repository, tag, manifest, cancellationToken);
    }

    public string[] Digests(string tag, IEnumerable<int> layers) => [.. layers.Select(layer => images[tag].Layers[layer].Digest)];

    public long Bytes(string tag, IEnumerable<int> layers) => layers.Sum(layer => (long)images[tag].Layers[layer].Compressed.Length);

    /// <summary>Digests of the layers that were asked for since the last call, each once, sorted.</summary>
    public IReadOnlyList<string> TakeAsked()
    {
        var layers = images.Values.SelectMany(image => image.Layers).Select(layer => layer.Digest).ToHashSet(StringComparer.Ordinal);
        var asked = new SortedSet<string>(StringComparer.Ordinal);
        while (front.Requests.TryDequeue(out var request))
            if (request.Method == "GET" && layers.Contains(request.Target)) asked.Add(request.Target);
        return [.. asked];
    }

    public async ValueTask DisposeAsync()
    {
        await front.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
