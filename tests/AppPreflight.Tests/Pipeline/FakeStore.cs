using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Ports;

namespace AppPreflight.Pipeline;

/// <summary>An engine as a value: it tells what it is given, remembers what it is asked to do, and refuses what it is told to refuse.</summary>
internal sealed class FakeStore(EngineState state) : IImageStore
{
    public EngineState State { get; set; } = state;

    public List<string> Acts { get; } = [];

    /// <summary>What an act of these words throws in place of being done.</summary>
    public Dictionary<string, SourceException> Refusals { get; } = new(StringComparer.Ordinal);

    /// <summary>What is there once something was pulled; null: the same as before.</summary>
    public EngineState? AfterPull { get; init; }

    public SourceException? ExportFault { get; init; }

    public SourceException? FindFault { get; init; }

    public Task<EngineState> ReadAsync(CancellationToken cancellationToken) => Task.FromResult(State);

    public Task<Digest?> FindAsync(ImageReference reference, CancellationToken cancellationToken) =>
        FindFault is { } fault ? Task.FromException<Digest?>(fault) : Task.FromResult(State.Images.FirstOrDefault(image => image.Tags.Contains(reference.ToString()))?.Id);

    public Task<StoredContent> ExportAsync(StoredImage image, IProgress<long>? progress, CancellationToken cancellationToken) =>
        ExportFault is { } fault ? Task.FromException<StoredContent>(fault) : Task.FromResult(new StoredContent { Config = image.Id, Layers = Values.Read(image.DiffIds) });

    public async Task PullAsync(ImageReference reference, Platform platform, Credential? credential, IProgress<PullProgress>? progress, CancellationToken cancellationToken)
    {
        await Act($"pull {reference}");
        State = AfterPull ?? State;
    }

    public async Task<IReadOnlyList<string>> RemoveAsync(string nameOrId, CancellationToken cancellationToken)
    {
        await Act($"remove {nameOrId}");
        return [];
    }

    public Task TagAsync(Digest id, ImageReference reference, CancellationToken cancellationToken) => Act($"tag {reference}");

    private Task Act(string words)
    {
        if (Refusals.TryGetValue(words, out var refusal)) return Task.FromException(refusal);
        Acts.Add(words);
        return Task.CompletedTask;
    }
}

/// <summary>An engine's disk that is not to be read here: the engine's export has to do.</summary>
internal sealed class NoLayers : ILayerStore
{
    public Task<IReadOnlyDictionary<Digest, StoredContent>> ReadAsync(
        EngineState engine, IReadOnlyList<StoredImage> images, ReadingPace pace, Action<StoredLayer>? finished, IProgress<long>? progress,
        CancellationToken cancellationToken) => throw new SourceException(Source.Engine, Fault.Unsupported, "the engine is on another host");

    public Task<IReadOnlyList<TableDamage>> ReadTablesAsync(EngineState engine, IReadOnlyList<PullLookup> wanted, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<TableDamage>>([]);

    public IReadOnlyDictionary<ChainId, string> StampsOf(EngineState engine, IReadOnlyCollection<ChainId> layers) => new Dictionary<ChainId, string>();
}

/// <summary>An engine's disk on which the same was found of every image.</summary>
internal sealed class SameLayers(StoredContent content) : ILayerStore
{
    public Task<IReadOnlyDictionary<Digest, StoredContent>> ReadAsync(
        EngineState engine, IReadOnlyList<StoredImage> images, ReadingPace pace, Action<StoredLayer>? finished, IProgress<long>? progress,
        CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyDictionary<Digest, StoredContent>>(images.ToDictionary(image => image.Id, _ => content));

    public Task<IReadOnlyList<TableDamage>> ReadTablesAsync(EngineState engine, IReadOnlyList<PullLookup> wanted, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<TableDamage>>([]);

    public IReadOnlyDictionary<ChainId, string> StampsOf(EngineState engine, IReadOnlyCollection<ChainId> layers) => new Dictionary<ChainId, string>();
}

/// <summary>A registry that serves one image to everybody who asks, and counts.</summary>
internal sealed class FakeRegistry(ServedImage served) : IImageRegistry
{
    public int LayersRead { get; private set; }

    /// <summary>What fetching a blob again gives.</summary>
    public Func<BlobPromise, BlobRetrace> Retrace { get; init; } = static promise => new(promise, []);

    /// <summary>What every layer is said to unpack to.</summary>
    public long? UnpackedSize { get; init; }

    public Task<ServedImage> ResolveAsync(ImageRequirement image, Platform platform, CancellationToken cancellationToken) =>
        Task.FromResult(served with { Reference = image.Reference, Layers = [] });

    public Task<long?> FindLayerAsync(ImageRequirement image, Descriptor layer, CancellationToken cancellationToken) => Task.FromResult<long?>(layer.SizeBytes);

    public Task<LayerProof> ReadLayerAsync(ImageRequirement image, Descriptor layer, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        LayersRead++;
        return Task.FromResult(served.Layers.First(candidate => candidate.Descriptor == layer).Proof!);
    }

    public Task<long?> UnpackedSizeAsync(ImageRequirement image, Descriptor layer, CancellationToken cancellationToken) => Task.FromResult(UnpackedSize);

    public Task<BlobRetrace> RetraceAsync(ImageRequirement image, BlobPromise promise, CancellationToken cancellationToken) => Task.FromResult(Retrace(promise));

    public Task<Upgrades.PermissionAnswer> ProbeAsync(Upgrades.PermissionProbe probe, CancellationToken cancellationToken) =>
        Task.FromResult(Upgrades.PermissionAnswer.Granted);

    public Credential? CredentialFor(ImageRequirement image) => null;

    public void Dispose()
    {
    }
}

/// <summary>A journal in memory, whose disk may be full.</summary>
internal sealed class FakeJournal : IJournal
{
    public List<JournalLine> Lines { get; } = [];

    public bool IsFull { get; set; }

    public RunHolder? Holder => null;

    public LockAttempt TryLock(RunHolder holder) => new(null, null);

    public void Append(JournalLine line)
    {
        if (IsFull) throw new SourceException(Source.Journal, Fault.Refused, "no space left on the device");
        Lines.Add(line);
    }

    public IReadOnlyList<JournalLine> Unfinished() => Lines;

    public IReadOnlyList<JournalLine> Owed() => [.. Lines.Where(line => line.Mark == JournalMark.Intent && line.Names.Count > 0 && !Lines.Any(paid => paid.Mark == JournalMark.PutBack && paid.Act == line.Act && paid.Run == line.Run))];

    public void Save(Runs.PreflightReport report)
    {
    }

    public void Keep(Runs.PreflightReport report)
    {
    }

    public IReadOnlyList<string> Runs() => [];

    public Runs.PreflightReport? FindRun(string run) => null;

    public IReadOnlyList<Runs.PreflightReport> LastReports(out IReadOnlyList<string> broken)
    {
        broken = [];
        return [];
    }
}

/// <summary>No run before this one.</summary>
internal sealed class NoTags : ITagMemory
{
    public IReadOnlyDictionary<string, TagNote> Recall() => new Dictionary<string, TagNote>();

    public void Remember(IReadOnlyCollection<TagNote> notes)
    {
    }
}

internal sealed class NoEvents : IProgress<Runs.RunEvent>
{
    public void Report(Runs.RunEvent value)
    {
    }
}
