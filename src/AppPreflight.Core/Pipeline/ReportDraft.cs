using AppPreflight.Apps;
using AppPreflight.Checks;
using AppPreflight.Images;
using AppPreflight.Remedies;
using AppPreflight.Runs;
using AppPreflight.Upgrades;

namespace AppPreflight.Pipeline;

/// <summary>A report while it is being written: each step adds what it found, the end computes the verdict.</summary>
internal sealed class ReportDraft(RunRequest request, DateTimeOffset started)
{
    private const string Repair = "app-preflight repair";

    private readonly List<Finding> hostFindings = [];
    private readonly List<string> notes = [];
    private readonly List<Finding> cured = [];
    private readonly Dictionary<string, (ImageObservation Observation, IReadOnlyList<Finding> Findings)> images = new(StringComparer.Ordinal);
    private IReadOnlyList<ReportedAction> actions = [];
    private EngineState? engine;
    private UpgradeChain? chain;
    private SpaceNeed need = new(0, 0);
    private long pulled;
    private long hashed;
    private long bytesPerSecond;

    public string App => request.App;

    /// <summary>What the tags of the chain were before; null where nobody wants to know.</summary>
    public TagBook? Tags { get; init; }

    /// <summary>Sortable by time, unique enough for one host: second and a random tail.</summary>
    public string Run { get; } = RunKey.FirstAt(started) + Guid.NewGuid().ToString("N")[..6];

    public void Add(Finding? finding)
    {
        if (finding is not null) hostFindings.Add(finding);
    }

    public void Note(string? note)
    {
        if (note is not null) notes.Add(note);
    }

    public void Hashed(long bytes) => hashed = bytes;

    /// <summary>The appliance's own files, once they have been read.</summary>
    public Appliance? Host { get; set; }

    /// <summary>Where the sentences of this report are read.</summary>
    public Site Site => new(request.Verb == RunVerb.Verify ? $"app-preflight verify {request.App} --stored" : $"app-preflight check {request.App} --content")
    { Host = Host, BytesPerSecond = bytesPerSecond };

    /// <summary>How fast layers come from the registries, 0 when not known; before the look whose sentences tell of it.</summary>
    public void Rate(long bytes) => bytesPerSecond = bytes;

    public void Add(UpgradeChain resolved, ImageRoster roster, AppCatalog catalog)
    {
        chain = resolved;
        hostFindings.AddRange(IsGate ? ChainCheck.LookAtGate(resolved) : ChainCheck.Look(resolved));
        hostFindings.AddRange(RosterCheck.Look(resolved, roster));
        if (resolved.CommandLine is { Outcome: CommandLineOutcome.Refused, Message: { } refusal })
            notes.Add($"'univention-app upgrade {request.App}' would only say \"{refusal}\" and end with exit code 0");
        notes.AddRange(catalog.Notes.Where(note => note.File.Contains(request.App, StringComparison.Ordinal)).Select(note => $"{note.File}: {note.Message}"));
    }

    /// <summary>Takes the look at an installed app's containers in.</summary>
    public void Running(RunningApp app, ImageRoster roster, Survey survey)
    {
        Take(survey, Look.First);
        foreach (var (name, image) in images.ToList()) images[name] = image with { Findings = [.. image.Findings.Select(finding => OfRunning(finding, name))] };
        IEnumerable<Finding> found = survey.Engine is { } here ? ContainerCheck.Look(app, roster, here) : [];
        hostFindings.AddRange(ContainerCheck.Look(app, roster).Concat(found).Select(finding => OfRunning(finding, app.App)));
    }

    /// <summary>Takes the first look in, and has heard why things are as they are.</summary>
    /// <returns>All findings so far, the host's and the images'.</returns>
    public async Task<IReadOnlyList<Finding>> FirstAsync(Survey survey, Hearing hearing, IProgress<RunEvent> events, CancellationToken cancellationToken)
    {
        Take(survey, Look.First);
        need = SpaceCheck.Need(survey.Observations, survey.Engine);
        hostFindings.AddRange(SpaceCheck.Look(need, survey.Engine));
        await ExplainAsync(hearing, cancellationToken);
        foreach (var finding in Standing) events.Report(new FindingMade(finding));
        return [.. Standing];
    }

    /// <summary>Takes the second look in; it supersedes the first one of the same images.</summary>
    public async Task SecondAsync(Survey survey, Hearing hearing, IProgress<RunEvent> events, CancellationToken cancellationToken)
    {
        cured.AddRange(survey.Observations.SelectMany(o => images[o.Image.Reference.ToString()].Findings.Where(finding => WasLookedAt(finding, o, survey.Engine))));
        hostFindings.RemoveAll(finding => finding.Source == Source.Space);
        Take(survey, Look.Second);
        need = SpaceCheck.Need([.. images.Values.Select(image => image.Observation)], survey.Engine);
        await ExplainAsync(hearing, cancellationToken);
        cured.RemoveAll(finding => Standing.Any(standing => IsSame(finding, standing)));
        foreach (var finding in Standing.Where(finding => finding.Look == Look.Second)) events.Report(new FindingMade(finding));
    }

    // that a tag was pushed again stays true when the stored copy is the new one
    private static bool IsSame(Finding one, Finding other) =>
        one.Code == other.Code && one.Subject == other.Subject && RetagCheck.IsHistory(one) == RetagCheck.IsHistory(other);

    // of a pull that the engine refused, too: its sentence says what to fetch again
    private async Task ExplainAsync(Hearing hearing, CancellationToken cancellationToken)
    {
        var all = images.Values.Select(image => image.Observation).ToList();
        for (var i = 0; i < hostFindings.Count; i++)
            hostFindings[i] = await hearing.HearAsync(hostFindings[i], all.Find(o => hostFindings[i].IsAbout(o.Image)), all, cancellationToken);
        foreach (var (name, image) in images.ToList())
        {
            var explained = new List<Finding>();
            foreach (var finding in image.Findings) explained.Add(await hearing.HearAsync(finding, image.Observation, all, cancellationToken));
            images[name] = image with { Findings = explained };
        }
    }

    public void Planned(RemedyPlan plan) =>
        actions = [.. plan.Remedies.Select(r => new ReportedAction(r.Kind, r.Subject, r.Cures, ActionOutcome.Planned) { Message = r.Reason, Commands = r.Commands })];

    public void Acted(IReadOnlyList<ReportedAction> done, long pulledBytes)
    {
        (actions, pulled) = (done, pulledBytes);
        foreach (var failed in done.Where(action => action.Kind == RemedyKind.Pull && action.Outcome != ActionOutcome.Done))
        {
            hostFindings.Add(new(FindingCode.PullRefused, Verdict.Fail, failed.Subject, Source.Engine,
                $"This image was not pulled: {failed.Message}")
            { Remedy = "app-preflight repair, once the cause named here is gone", Look = Look.Second });
        }
    }

    public PreflightReport End(DateTimeOffset finished) => new()
    {
        Run = Run,
        App = request.App,
        Verb = request.Verb,
        Engine = engine is { } asked ? new(asked.Version, asked.Driver, $"{asked.Platform}") : null,
        Installed = chain?.Installed?.Version.Text,
        Target = IsGate ? request.Target : chain?.Steps.Count > 0 ? chain.Steps[^1].Release.Version.Text : null,
        Depth = IsLookOnly ? Depth.Claims : request.Depth,
        Verdict = Verdict,
        Started = started,
        Finished = finished,
        Chain = [.. (chain?.Steps ?? []).Select(Reported)],
        Images = [.. images.Values.Select(image => Reported(image.Observation))],
        Findings = [.. Standing.Select(finding => finding with { Remedy = AtGate(finding.Remedy) })],
        Cured = cured,
        Actions = [.. actions.Select(action => action with { Message = AtGate(action.Message) })],
        Reach = engine is null ? [] : [.. LayerReach.Of(engine, images.Values.Select(image => image.Observation.Stored).OfType<StoredImage>()).Select(Reported)],
        Bytes = new(need.ToPullBytes, pulled, hashed, need.DiskBytes, engine?.FreeBytes ?? 0)
        {
            Unpacked = need.UnpackedBytes,
            InodesNeeded = need.Inodes,
            InodesFree = engine?.FreeInodes ?? 0,
            IsEstimate = need.IsEstimate,
            BytesPerSecond = bytesPerSecond,
        },
        Notes = notes,
    };

    private bool IsGate => request.Verb == RunVerb.Gate;

    private bool IsLookOnly => chain is { Running: not null, Steps: [] };

    // A repair is about the steps to come, not about what runs. And before a further step of the same version text, what runs otherwise
    // than it ought to is no reason to refuse that step.
    private Finding OfRunning(Finding finding, string name) => finding with
    {
        Verdict = IsLookOnly ? finding.Verdict : Verdict.Warn,
        Remedy = finding.Remedy == Repair ? $"docker pull {name}" : finding.Remedy,
    };

    // the gate has repaired what it may, and its step need not be on the chain that a repair would walk
    private string? AtGate(string? text)
    {
        var gate = $"app-preflight gate {request.App}={request.Target}";
        return !IsGate ? text : text == Repair ? $"once the other findings are gone: {gate}" : text?.Replace(Repair, gate, StringComparison.Ordinal);
    }

    private IEnumerable<Finding> Standing => [.. hostFindings, .. images.Values.SelectMany(image => image.Findings)];

    /// <summary>The worst of the findings; a pass is only shown by steps that were looked at and gave none.</summary>
    private Verdict Verdict
    {
        get
        {
            var shown = request.Verb == RunVerb.Chain
                ? (chain?.Steps ?? []).Select(_ => Verdict.Pass)
                : (chain?.Steps ?? []).Where(step => !step.Pulls).Select(_ => Verdict.Pass)
                    .Concat(images.Values.Where(image => chain?.Running is null || IsLookOnly || image.Observation.Image.Steps.Count > 0)
                        .Select(image => image.Observation.IsWhole(engine) ? Verdict.Pass : Verdict.Unknown))
                    // an installed app without images of its own has nothing to show
                    .Concat(chain?.Running is { Images: { Pulled: [], Undecided: [] } } && IsLookOnly ? [Verdict.Pass] : []);
            return Standing.Select(finding => finding.Verdict).Concat(shown).Worst;
        }
    }

    // a finding that nobody could make again is not cured
    private static bool WasLookedAt(Finding finding, ImageObservation second, EngineState? engine) =>
        finding.Source is Source.Registry or Source.Transport ? second.Served is not null : engine is not null;

    private void Take(Survey survey, Look look)
    {
        engine = survey.Engine;
        if (survey.EngineFault is { } fault) hostFindings.Add(FaultCheck.OfEngine(fault.Subject ?? "engine", fault) with { Look = look });
        if (survey.TablesUnread is { } unread && !notes.Contains(unread, StringComparer.Ordinal)) notes.Add(unread);
        foreach (var observation in survey.Observations)
        {
            images[observation.Image.Reference.ToString()] = (observation,
            [
                .. ServedCheck.Look(observation, engine).Select(finding => finding with { Look = look }),
                .. RetagCheck.Join(StoredCheck.Look(observation, engine), Tags?.See(observation), started).Select(finding => finding with { Look = look }),
                .. InUseCheck.Look(observation, engine, Site).Select(finding => finding with { Look = look }),
                .. TableCheck.Look(survey.Tables, observation, engine).Select(finding => finding with { Look = look }),
            ]);
        }
    }

    private static ReportedStep Reported(UpgradeStep step) =>
        new(step.Release.Version.Text, step.Release.ComponentId, step.Release.Ucs, step.Mode, step.Pulls, step.Images.Named ?? step.Images.Pulled)
        { RequiredVersion = step.Release.RequiredAppVersionUpgrade?.Text };

    private static ReportedReach Reported(LayerReach reach) => new(
        $"{reach.Chain}", $"{reach.DiffId}", [.. reach.Images.Select(image => image.Name)],
        [.. reach.Containers.Select(container => new ReportedContainer(container.Name, container.IsRunning))], [.. reach.Remove]);

    private static ReportedImage Reported(ImageObservation observation) => new(
        observation.Image.Reference.ToString(),
        observation.Image.Steps,
        observation.Served is { } served
            ? new($"{served.ManifestBytes.Digest}", $"{served.Manifest.Config.Digest}", $"{served.Config.Platform}",
                [.. served.Layers.Select(layer => new ReportedLayer($"{layer.Descriptor.Digest}", $"{layer.DiffId}", layer.Descriptor.SizeBytes))])
            : null,
        observation.Stored is { } stored
            ? new($"{stored.Id}", stored.RepoDigests, [.. stored.InUseBy.Select(container => container.ToString())]) { Proof = Proof(stored.Content) }
            : null);

    private static ReportedProof? Proof(StoredContent? content) => content is null ? null : new(
        content.Fault is not null || content.Layers.Any(layer => layer.IsSound is null) ? StoredDepth.Claims
            : content.Layers.Count > 0 && content.Layers.All(layer => layer.IsFromMedium) ? StoredDepth.Medium : StoredDepth.Content,
        content.Way,
        content.Unseen,
        [.. content.Layers.Select(layer => new ReportedStoredLayer($"{layer.DiffId}", $"{layer.Chain}", layer.SizeBytes, layer.IsSound))]);
}
