using AppPreflight.Apps;
using AppPreflight.Checks;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Ports;
using AppPreflight.Remedies;
using AppPreflight.Runs;
using AppPreflight.Upgrades;

namespace AppPreflight.Pipeline;

/// <summary>The main job: ten steps, data only flows forward. The caller holds the lock for checks and repairs.</summary>
internal sealed class PreflightRun(RunPorts ports)
{
    private readonly RunMemory memory = new(ports);
    private readonly OwedNames owed = new(ports.Journal, ports.Store, ports.Time);

    public async Task<PreflightReport> RunAsync(RunRequest request, IProgress<RunEvent> events, CancellationToken cancellationToken)
    {
        // whoever asks for a repair, from whichever door: it acts on bytes that were read, or not at all
        if (request.Verb is RunVerb.Repair or RunVerb.Gate) request = request with { Depth = Depth.Content };
        // without a step to judge, a gate is a repair of the whole chain
        if (request is { Verb: RunVerb.Gate, Target: null }) request = request with { Verb = RunVerb.Repair };
        var draft = new ReportDraft(request, ports.Time.GetUtcNow()) { Tags = memory.OpenTags() };
        events.Report(new RunStarted(draft.Run));
        Finding? silence = null;
        var askEngine = request.Verb == RunVerb.Chain ? Task.FromResult<EngineState?>(null) : ReadEngineAsync(finding => silence = finding, cancellationToken);

        // 1 to 3: the files on this host, the chain, the images it wants
        events.Report(new PhaseStarted("reading the App Center's files"));
        var reading = await ReadFilesAsync(draft, cancellationToken);
        var engine = await askEngine;
        // a gate of packages, or of a script in the old container, needs no engine
        if (request.Verb != RunVerb.Gate) draft.Add(silence);
        if (reading is null) return draft.End(ports.Time.GetUtcNow());
        using var registry = request.Verb == RunVerb.Chain ? null : ports.Registry(engine?.Network ?? new(), reading.Appliance);
        var chain = await ResolveAsync(request, reading, registry, cancellationToken);
        var roster = ImageRoster.Of(chain);
        draft.Add(chain, roster, reading.Catalog);
        draft.Host = reading.Appliance;
        events.Report(new ChainResolved(chain));
        if (registry is null) return draft.End(ports.Time.GetUtcNow());
        var eyes = Open(registry, events);
        var survey = eyes.Survey;
        if (request.Verb == RunVerb.Gate && (roster.Images.Count > 0 || chain is { Steps: [], Running.Images.Pulled: not [] })) draft.Add(silence);
        if (chain.Running is { } app) await LookAtContainersAsync(app, draft, survey, engine, events, cancellationToken);

        // a purge that was cut short must not look like an image that never was here
        if (request.Verb is RunVerb.Repair or RunVerb.Gate && engine is not null && await owed.PutBackAsync(draft.Note, cancellationToken))
            engine = await ReadEngineAsync(draft.Add, cancellationToken);

        // 4 to 6: both sides of each image, and what does not match
        var reconciler = new Reconciler(ports.Journal, ports.Time);
        var interrupted = reconciler.Interrupted(request.App, draft.Note);
        foreach (var line in interrupted) draft.Note($"an earlier {line.Kind.Wire()} of {line.Subject} was interrupted; {line.Image} is read through afresh");
        Depth DepthOf(ImageRequirement image) =>
            interrupted.Any(line => line.Image == image.Reference.ToString()) ? Depth.Content : request.Depth;
        if (roster.Images.Count > 0) events.Report(new PhaseStarted($"looking at {Count(roster.Images.Count)}, at the registry and here"));
        var first = await survey.LookAsync(roster.Images, engine, ports.Host, DepthOf, Sides.Both, cancellationToken);
        draft.Rate(survey.BytesPerSecond ?? memory.RateOf(request.App, draft.Note));
        var findings = await draft.FirstAsync(first, eyes.Hearing, events, cancellationToken);
        foreach (var image in roster.Images.Where(image => findings.Any(finding => finding.IsAbout(image))))
            draft.Note(ports.AppCenter.LastFailedPull(image.Reference.ToString()));
        if (first.Engine is not null) reconciler.Close(interrupted.Where(line => WasLookedAt(line, first)), draft.Note);

        // 7 to 9: the plan, the acts, and a second look at what was touched
        var plan = RemedyPlanner.Plan(first.Observations, findings, first.Engine, draft.Site);
        if (request.Verb == RunVerb.Check || first.Engine is null) draft.Planned(plan);
        else await RepairAsync(draft, plan, eyes, first, cancellationToken);

        // 10: the verdict of the standing findings
        memory.Remember(survey, draft.Tags, draft.Note);
        draft.Hashed(survey.HashedBytes);
        var report = draft.End(ports.Time.GetUtcNow());
        memory.Save(request.Verb, report, events);
        return report;
    }

    /// <summary>One image, bytes against digests, without a chain. Changes nothing; its report is no app's last one.</summary>
    public async Task<PreflightReport> VerifyAsync(string image, Sides sides, IProgress<RunEvent> events, CancellationToken cancellationToken)
    {
        var reference = ImageReference.Parse(image);
        var draft = new ReportDraft(new(RunVerb.Verify, reference.ToString()) { Depth = Depth.Content }, ports.Time.GetUtcNow());
        var engine = await ReadEngineAsync(sides.HasFlag(Sides.Stored) ? draft.Add : null, cancellationToken);
        // the appliance's own files say how a registry is asked, nothing else
        var appliance = (sides.HasFlag(Sides.Served) ? (await ReadFilesAsync(null, cancellationToken))?.Appliance : null) ?? new Appliance(UcrValues.Empty);
        using var registry = ports.Registry(engine?.Network ?? new(), appliance);
        var eyes = Open(registry, events);
        var survey = eyes.Survey;
        events.Report(new PhaseStarted($"reading {reference} through"));
        var look = await survey.LookAsync([new(reference, [])], engine, ports.Host, _ => Depth.Content, sides, cancellationToken);
        draft.Host = appliance;
        draft.Rate(survey.BytesPerSecond ?? 0);
        await draft.FirstAsync(look, eyes.Hearing, events, cancellationToken);
        memory.Remember(survey, draft.Tags, _ => { });
        draft.Hashed(survey.HashedBytes);
        var report = draft.End(ports.Time.GetUtcNow());
        memory.TryKeep(report);
        return report;
    }

    /// <summary>All installed apps that run in containers, for <c>--all</c>.</summary>
    /// <exception cref="SourceException">The files cannot be read.</exception>
    public async Task<IReadOnlyList<InstalledApp>> InstalledAppsAsync(CancellationToken cancellationToken)
    {
        var reading = await ports.AppCenter.ReadAsync(cancellationToken);
        return InstalledApps.Of(reading.Catalog, reading.Appliance);
    }

    private Eyes Open(IImageRegistry registry, IProgress<RunEvent> events) =>
        new(registry, new(registry, ports.Store, ports.Layers, ports.Time, events), new(registry, ports.Signs, events), events);

    private async Task RepairAsync(ReportDraft draft, RemedyPlan plan, Eyes eyes, Survey first, CancellationToken cancellationToken)
    {
        var repairer = new Repairer(draft.Run, draft.App, ports.Store, ports.Layers, eyes.Registry, ports.Journal, ports.Time, eyes.Events);
        draft.Acted(await repairer.RepairAsync(plan, first.Engine!, cancellationToken), repairer.PulledBytes);
        await owed.PutBackAsync(draft.Note, cancellationToken);
        var touched = plan.Remedies.Where(remedy => remedy.Kind != RemedyKind.AskOperator).Select(remedy => remedy.Image!.Reference).ToHashSet();
        if (touched.Count == 0) return;
        eyes.Events.Report(new PhaseStarted("looking again at what was touched"));
        var engine = await ReadEngineAsync(draft.Add, cancellationToken);
        // what was pulled just now is in the page cache, whatever the disk made of it
        eyes.Survey.Pace = new() { IsFromMedium = true };
        // an act on one image may reach another, and so may somebody else meanwhile: what means something else now is looked at as well
        var again = first.Observations.Where(o => touched.Contains(o.Image.Reference) || engine?.Find(o.Image.Reference)?.Id != o.Stored?.Id);
        var second = await eyes.Survey.LookAsync([.. again.Select(o => o.Image)], engine, ports.Host, _ => Depth.Content, Sides.Both, cancellationToken);
        await draft.SecondAsync(second, eyes.Hearing, eyes.Events, cancellationToken);
    }

    // an image that the engine has, and could not read out, has not been looked at afresh
    private static bool WasLookedAt(JournalLine line, Survey survey) =>
        survey.Observations.FirstOrDefault(o => o.Image.Reference.ToString() == line.Image)?.Stored is not { Fault: null } stored
        || stored.Content is not null && stored.Content.Fault is null or { Fault: Fault.Corrupt };

    /// <summary>The look after a step: what is there is named, no layer is read, nobody repairs; the registry has no say in it.</summary>
    private async Task LookAtContainersAsync(
        RunningApp app, ReportDraft draft, ImageSurvey survey, EngineState? engine, IProgress<RunEvent> events, CancellationToken cancellationToken)
    {
        events.Report(new PhaseStarted($"looking at the containers of {app.App} {app.Version}"));
        var roster = ImageRoster.Of(app);
        draft.Running(app, roster, await survey.LookAsync(roster.Images, engine, ports.Host, _ => Depth.Claims, Sides.Stored, cancellationToken));
    }

    private async Task<EngineState?> ReadEngineAsync(Action<Finding>? told, CancellationToken cancellationToken)
    {
        try
        {
            return await ports.Store.ReadAsync(cancellationToken);
        }
        catch (SourceException e)
        {
            told?.Invoke(FaultCheck.OfEngine(e.What.Subject ?? "engine", e.What));
            return null;
        }
    }

    private async Task<AppCenterReading?> ReadFilesAsync(ReportDraft? draft, CancellationToken cancellationToken)
    {
        try
        {
            return await ports.AppCenter.ReadAsync(cancellationToken);
        }
        catch (SourceException e)
        {
            draft?.Add(FaultCheck.OfAppCenter(draft.App, e.What));
            return null;
        }
    }

    // paid apps: the candidate depends on what the registry answers, so resolving and asking take turns
    private static async Task<UpgradeChain> ResolveAsync(
        RunRequest request, AppCenterReading reading, IImageRegistry? registry, CancellationToken cancellationToken)
    {
        var target = request.Target is { } version ? new AppVersion(version) : null;
        var answers = new Dictionary<string, PermissionAnswer>(StringComparer.Ordinal);
        while (true)
        {
            var chain = request.Verb == RunVerb.Gate && target is not null
                ? GateResolver.Resolve(reading.Catalog, reading.Appliance, request.App, target, answers)
                : ChainResolver.Resolve(reading.Catalog, reading.Appliance, request.App, target, answers);
            if (chain.Outcome != ChainOutcome.NeedsPermissions || chain.Missing.All(probe => answers.ContainsKey(probe.Url))) return chain;
            foreach (var probe in chain.Missing)
            {
                // the chain command asks nobody: it shows the way as it is with a licence
                answers[probe.Url] = registry is null ? PermissionAnswer.Granted : await registry.ProbeAsync(probe, cancellationToken);
            }
        }
    }

    private static string Count(int images) => images == 1 ? "1 image" : $"{images} images";

    /// <summary>What one run looks with.</summary>
    private sealed record Eyes(IImageRegistry Registry, ImageSurvey Survey, Hearing Hearing, IProgress<RunEvent> Events);
}
