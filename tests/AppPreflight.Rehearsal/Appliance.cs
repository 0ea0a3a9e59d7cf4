using AppPreflight.Images;
using AppPreflight.Journal;
using AppPreflight.Oci;

namespace AppPreflight.Rehearsal;

/// <summary>How an appliance is to be built. The name goes into its repository, its folder and the bytes of every layer.</summary>
internal sealed record ApplianceOptions(string Name = "")
{
    /// <summary>Incompressible bytes in each of the larger layers; an image has two or three of them.</summary>
    public int LayerSizeBytes { get; init; } = 1 << 20;

    /// <summary>Whether 2.0.0 has been pulled already, soundly.</summary>
    public bool IntermediateStored { get; init; }

    /// <summary>Whether a <see cref="LyingRegistry"/> stands before the registry; it tells the truth until somebody makes it lie.</summary>
    public bool ThroughLiar { get; init; }
}

/// <summary>
/// A UCS host with Kelvin 1.10.3 installed and really running, 2.0.0 and 3.1.1 in its App Center cache and at the registry,
/// and 3.1.1 not to be reached without 2.0.0.
/// </summary>
internal sealed class Appliance : IAsyncDisposable
{
    private readonly string home;
    private readonly List<string> furtherContainers = [];

    private Appliance(Stage stage, ApplianceOptions options)
    {
        Stage = stage;
        Name = options.Name;
        Images = KelvinImages.Build($"seed{options.Name}", options.LayerSizeBytes);
        IntermediateServed = Images.Intermediate;
        home = Path.Combine(stage.Engine.Folder, "hosts", options.Name.Length == 0 ? "kelvin" : options.Name);
        Liar = options.ThroughLiar ? LyingRegistry.Before(stage.Registry.Authority) : null;
        Host = stage.Engine.Host;
        RepositoryPath = (options.Name.Length == 0 ? "" : $"{options.Name}/") + $"ucsschool/{ApplianceFiles.App}";
    }

    public static string App => ApplianceFiles.App;

    public Stage Stage { get; }

    public string Name { get; }

    /// <summary>For <c>--root</c>.</summary>
    public string Root => Path.Combine(home, "root");

    /// <summary>For <c>--state</c>.</summary>
    public string State => Path.Combine(home, "state");

    public KelvinImages Images { get; }

    /// <summary>The repository as the registry names it, without the registry.</summary>
    public string RepositoryPath { get; }

    /// <summary>What the App Center's cache names in place of the registry, where a damage needs it.</summary>
    public LyingRegistry? Liar { get; }

    /// <summary>Another address, which collects what is sent to it; ended with the appliance.</summary>
    public LyingRegistry? Thief { get; set; }

    /// <summary>For <c>--host</c>.</summary>
    public string Host { get; set; }

    public string Repository => $"{Liar?.Authority ?? Stage.Registry.Authority}/{RepositoryPath}";

    public string InstalledReference => $"{Repository}:1.10.3";

    public string IntermediateReference => $"{Repository}:2.0.0";

    public string TargetReference => $"{Repository}:release3.1.1";

    /// <summary>Id of the container that runs the installed version.</summary>
    public string Container { get; private set; } = "";

    private EngineApi Api => Stage.Engine.Api;

    public static async Task<Appliance> BuildAsync(Stage stage, ApplianceOptions options, CancellationToken cancellationToken)
    {
        await stage.SettleAsync(cancellationToken);
        var appliance = new Appliance(stage, options);
        var registry = stage.Registry.Api;
        await registry.PushAsync(appliance.RepositoryPath, "1.10.3", appliance.Images.Installed, cancellationToken);
        await registry.PushAsync(appliance.RepositoryPath, "2.0.0", appliance.Images.Intermediate, cancellationToken);
        await registry.PushAsync(appliance.RepositoryPath, "release3.1.1", appliance.Images.Target, cancellationToken);
        await appliance.InstallAsync(cancellationToken);
        if (options.IntermediateStored)
            await appliance.Api.FetchAsync(appliance.IntermediateReference, null, cancellationToken);
        return appliance;
    }

    /// <summary>An appliance with these damages, in this order; 2.0.0 is in the store if one of them is about the stored copy.</summary>
    public static async Task<Appliance> BuildDamagedAsync(
        Stage stage, ApplianceOptions options, IReadOnlyList<Damage> damages, CancellationToken cancellationToken)
    {
        var appliance = await BuildForAsync(stage, options, damages, cancellationToken);
        foreach (var damage in damages) await damage.ApplyAsync(appliance, cancellationToken);
        return appliance;
    }

    /// <summary>A sound appliance with all that these damages need.</summary>
    public static Task<Appliance> BuildForAsync(
        Stage stage, ApplianceOptions options, IReadOnlyList<Damage> damages, CancellationToken cancellationToken) => BuildAsync(stage, options with
        {
            IntermediateStored = options.IntermediateStored || damages.Any(damage => damage.NeedsStored),
            ThroughLiar = options.ThroughLiar || damages.Any(damage => damage.NeedsLiar),
        }, cancellationToken);

    /// <summary>What the registry's tag 2.0.0 names by now: other than at first where a damage moved it.</summary>
    public BuiltImage IntermediateServed { get; set; }

    /// <summary>Sets a key below <c>appcenter/apps/APP/</c> in the registry of this host; null takes it away.</summary>
    public void Register(string key, string? value) => ApplianceFiles.Register(Root, key, value);

    /// <summary>Puts a further release into the 5.2 cache.</summary>
    public void Offer(string version, string reference) => ApplianceFiles.Offer(Root, version, reference);

    /// <summary>Leaves in the state directory what a run would have that looked at this tag so long ago.</summary>
    public void RememberTag(string reference, BuiltImage image, TimeSpan ago)
    {
        var (manifest, seen) = (Digest.Parse(image.Manifest.Digest), DateTimeOffset.UtcNow - ago);
        var marks = new ImageMarks(manifest, Digest.Parse(image.ConfigDigest), [.. image.Layers.Select(layer => new DiffId(Digest.Parse(layer.DiffId)))]);
        new TagFile(State).Remember([new(ImageReference.Parse(reference), $"linux/{image.Architecture}", [new(manifest, marks, seen, seen)])]);
    }

    /// <summary>The container of the installed version as it is now.</summary>
    public Task<RunningContainer> LookAtContainerAsync(CancellationToken cancellationToken) =>
        Api.ContainerAsync(Container, cancellationToken);

    /// <summary>Stops that container.</summary>
    public Task StopContainerAsync(CancellationToken cancellationToken) => Api.StopContainerAsync(Container, cancellationToken);

    /// <summary>Starts that container again, if it was stopped.</summary>
    public Task StartContainerAsync(CancellationToken cancellationToken) => Api.StartContainerAsync(Container, cancellationToken);

    /// <summary>One more container, which lives as long as the appliance.</summary>
    public async Task RunAsync(string name, string image, CancellationToken cancellationToken) =>
        furtherContainers.Add(await Api.RunAsync($"{name}{Name}", image, ["/bin/sleep", "2147483647"], cancellationToken));

    /// <summary>Removes its containers and every image that bears this appliance's name, and its folder. What cannot be removed stays.</summary>
    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await Stage.SettleAsync(limit.Token);
        foreach (var container in (string[])[Container, .. furtherContainers]) await IgnoreRefusalAsync(Api.RemoveContainerAsync(container, limit.Token));
        var list = await Api.GetAsync("/images/json?all=1&digests=1", limit.Token);
        foreach (var image in list.AsArray())
            if (image!.ToJsonString().Contains(Repository, StringComparison.Ordinal))
                await IgnoreRefusalAsync(Api.RemoveImageAsync(image["Id"]!.GetValue<string>(), force: true, limit.Token));
        foreach (var liar in new[] { Liar, Thief }.OfType<LyingRegistry>()) await liar.DisposeAsync();
        if (Directory.Exists(home)) Directory.Delete(home, recursive: true);
    }

    private async Task InstallAsync(CancellationToken cancellationToken)
    {
        await Api.FetchAsync(InstalledReference, null, cancellationToken);
        var container = $"kelvin{Name}";
        Container = await Api.RunAsync(container, InstalledReference, ["/bin/sleep", "2147483647"], cancellationToken);
        ApplianceFiles.Write(Root, Repository, Container);
        Directory.CreateDirectory(State);
    }

    private static async Task IgnoreRefusalAsync(Task removal)
    {
        try
        {
            await removal;
        }
        catch (EngineRefusedException)
        {
            // a damaged store may refuse; the stage is thrown away as a whole in the end
        }
    }
}
