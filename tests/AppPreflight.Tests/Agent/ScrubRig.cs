using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Threading.Channels;
using AppPreflight.Apps;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Pipeline;
using AppPreflight.Ports;
using AppPreflight.Runs;
using Microsoft.Extensions.Logging;

namespace AppPreflight.Agent;

/// <summary>A scrubber over a store whose layers are read when the test says so, by a clock in the test's hand.</summary>
internal sealed class ScrubRig : IAppCenter, ILayerStore, IProofMemory, IJournal, ILogger, IAsyncDisposable
{
    public const string App = "wiki";

    private readonly CancellationTokenSource end = new();
    private readonly Channel<HeldLayer> begun = Channel.CreateUnbounded<HeldLayer>();
    private readonly ConcurrentQueue<ProofNote> remembered = [];
    private readonly ConfigDesk config;
    private readonly Task running;

    public ScrubRig()
    {
        Queue = new(Time);
        config = new(() => Config, this);
        config.Read();
        var ports = new RunPorts(this, new FakeStore(Values.Engine(Image)), this, null!, this, this, null!, null!, Time, new("linux", "amd64"));
        Scrubber = new(new LayerScrub(ports), this, Queue, config, Time, this) { Changed = () => Nights.Writer.TryWrite(true) };
        running = Scrubber.RunAsync(end.Token);
    }

    public static StoredImage Image { get; } = Values.Stored();

    public static IReadOnlyList<ChainId> Chains { get; } = ChainId.AllOf(Image.DiffIds);

    public AgentConfig Config { get; set; } = new() { Scrub = new(1000, TimeSpan.FromMinutes(30)) };

    public ManualTime Time { get; } = new(new(2026, 11, 22, 2, 0, 0, TimeSpan.Zero));

    public RunQueue Queue { get; }

    public Scrubber Scrubber { get; }

    public Channel<bool> Nights { get; } = Channel.CreateUnbounded<bool>();

    public ConcurrentQueue<string> Log { get; } = [];

    /// <summary>What was read when before.</summary>
    public Dictionary<ChainId, ProofNote> Memory { get; } = [];

    public IEnumerable<ProofNote> Remembered => remembered;

    public Dictionary<ChainId, string> Stamps { get; } = [];

    public SourceException? Obstacle { get; set; }

    /// <summary>What another process's run looks like from here.</summary>
    public RunHolder? Holder { get; set; }

    public void Reload() => config.Read();

    /// <summary>The clock goes on until a layer is being read.</summary>
    public async Task<HeldLayer> LayerAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (begun.Reader.TryRead(out var layer)) return layer;
            await StepAsync(cancellationToken);
        }
    }

    /// <summary>The clock goes on until the night is over.</summary>
    public async Task OverAsync(CancellationToken cancellationToken)
    {
        while (!Nights.Reader.TryRead(out _)) await StepAsync(cancellationToken);
    }

    /// <summary>The clock goes on by half a second of its own, and everybody has a moment to see it.</summary>
    public async Task StepAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Time.GoOn(Scrubber.Poll);
        await Task.Delay(1, cancellationToken);
    }

    public Task<AppCenterReading> ReadAsync(CancellationToken cancellationToken)
    {
        var release = new AppRelease { Id = App, ComponentId = App, Ucs = "", Version = new("1"), Images = new NamedImages([Values.Name]) };
        return Task.FromResult(new AppCenterReading(
            new(UcrValues.Empty) { InstalledVersions = ImmutableDictionary<string, string>.Empty.Add(App, "1") }, new([new("", [release])])));
    }

    public async Task<Appliance> ReadApplianceAsync(CancellationToken cancellationToken) => (await ReadAsync(cancellationToken)).Appliance;

    public string? LastFailedPull(string image) => null;

    public async Task<IReadOnlyDictionary<Digest, StoredContent>> ReadAsync(
        EngineState engine, IReadOnlyList<StoredImage> images, ReadingPace pace, Action<StoredLayer>? finished, IProgress<long>? progress,
        CancellationToken cancellationToken)
    {
        if (Obstacle is { } obstacle) throw obstacle;
        foreach (var chain in pace.Only!)
        {
            var held = new HeldLayer(chain, pace);
            begun.Writer.TryWrite(held);
            finished!(await held.Outcome.Task.WaitAsync(cancellationToken));
        }

        return images.ToDictionary(image => image.Id, _ => new StoredContent());
    }

    public Task<IReadOnlyList<TableDamage>> ReadTablesAsync(EngineState engine, IReadOnlyList<PullLookup> wanted, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<TableDamage>>([]);

    public IReadOnlyDictionary<ChainId, string> StampsOf(EngineState engine, IReadOnlyCollection<ChainId> layers) => Stamps;

    public IReadOnlyDictionary<ChainId, ProofNote> Recall() => Memory;

    public void Remember(IReadOnlyCollection<ProofNote> notes)
    {
        foreach (var note in notes)
        {
            Memory[note.Chain] = note;
            remembered.Enqueue(note);
        }
    }

    public LockAttempt TryLock(RunHolder holder) => throw new NotSupportedException();

    public void Append(JournalLine line) => throw new NotSupportedException();

    public IReadOnlyList<JournalLine> Unfinished() => [];

    public IReadOnlyList<JournalLine> Owed() => [];

    public void Keep(PreflightReport report)
    {
    }

    public IReadOnlyList<string> Runs() => [];

    public PreflightReport? FindRun(string run) => null;

    public void Save(PreflightReport report) => throw new NotSupportedException();

    public IReadOnlyList<PreflightReport> LastReports(out IReadOnlyList<string> broken)
    {
        broken = [];
        return [];
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Log.Enqueue(formatter(state, exception));

    public async ValueTask DisposeAsync()
    {
        await end.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        end.Dispose();
    }
}

/// <summary>A layer that is being read until the test says what it is.</summary>
internal sealed record HeldLayer(ChainId Chain, ReadingPace Pace)
{
    public TaskCompletionSource<StoredLayer> Outcome { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void IsSound() => Outcome.SetResult(Layer);

    public void IsDamaged(params LayerDamage[] damages) => Outcome.SetResult(Layer with { Damages = damages });

    private StoredLayer Layer => Values.Read(ScrubRig.Image.DiffIds).First(layer => layer.Chain == Chain) with { Stamp = "new-1" };
}
