using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Ports;
using AppPreflight.Remedies;
using AppPreflight.Runs;

namespace AppPreflight.Pipeline;

/// <summary>Step 8, the one that acts. Each act: intent to the journal and to disk, the act, its outcome.</summary>
/// <remarks>That an act went well proves nothing; only the second look does.</remarks>
internal sealed class Repairer(
    string run, string app, IImageStore store, ILayerStore layers, IImageRegistry registry, IJournal journal, TimeProvider time, IProgress<RunEvent> events)
{
    private static readonly TimeSpan PutBackLimit = TimeSpan.FromSeconds(2);

    /// <summary>containerd collects what nobody leases any more in the background; 10 to 70 ms were seen.</summary>
    private static readonly TimeSpan CollectLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan CollectInterval = TimeSpan.FromMilliseconds(100);

    private readonly HashSet<string> failed = new(StringComparer.Ordinal);
    private readonly List<Remedy> purges = [];
    private int acts;

    public long PulledBytes { get; private set; }

    public async Task<IReadOnlyList<ReportedAction>> RepairAsync(RemedyPlan plan, EngineState engine, CancellationToken cancellationToken)
    {
        var actions = new List<ReportedAction>();
        purges.AddRange(plan.Remedies.TakeWhile(remedy => remedy.Kind != RemedyKind.Pull).Where(remedy => remedy.Kind == RemedyKind.Purge));
        foreach (var remedy in plan.Remedies) actions.Add(await ApplyAsync(remedy, engine, cancellationToken));
        return actions;
    }

    private async Task<ReportedAction> ApplyAsync(Remedy remedy, EngineState engine, CancellationToken cancellationToken)
    {
        if (remedy.Kind == RemedyKind.AskOperator) return Report(remedy, ActionOutcome.Planned, remedy.Reason);
        var image = remedy.Image!.Reference.ToString();
        if (failed.Contains(image)) return Report(remedy, ActionOutcome.Refused, "an earlier act on this image failed");
        var line = new JournalLine(JournalMark.Intent, run, ++acts, time.GetUtcNow())
        { App = app, Kind = remedy.Kind, Subject = remedy.Subject, Image = image, Of = remedy.Kind == RemedyKind.Purge ? remedy.Of?.ToString() : null, Names = OwedNames.Of(remedy) };
        if (TryAppend(line) is { } unwritten) return Failed(remedy, image, ActionOutcome.Refused, $"nothing was done, for it could not be journalled: {unwritten}");
        events.Report(new ActionStarted(remedy.Kind, remedy.Subject));
        var outcome = ActionOutcome.Failed;
        try
        {
            await (remedy.Kind == RemedyKind.Purge ? PurgeAsync(remedy, engine, cancellationToken) : PullAsync(remedy, engine, cancellationToken));
            outcome = ActionOutcome.Done;
            return Report(remedy, outcome, null);
        }
        catch (SourceException e)
        {
            if (e.Fault == Fault.Refused && remedy.Kind == RemedyKind.Purge) outcome = ActionOutcome.Refused;
            return Failed(remedy, image, outcome, e.Message);
        }
        finally
        {
            // also when cancelled: the act is over, and the journal says how; an unwritten outcome is looked at afresh next time
            TryAppend(line with { Mark = JournalMark.Outcome, At = time.GetUtcNow(), Outcome = outcome, Of = null, Names = [] });
        }
    }

    private string? TryAppend(JournalLine line)
    {
        try
        {
            journal.Append(line);
            return null;
        }
        catch (SourceException e)
        {
            return e.Message;
        }
    }

    private ReportedAction Failed(Remedy remedy, string image, ActionOutcome outcome, string message)
    {
        failed.Add(image);
        return Report(remedy, outcome, message);
    }

    private async Task PurgeAsync(Remedy remedy, EngineState engine, CancellationToken cancellationToken)
    {
        // all that has to go before one image is pulled, or nothing of it: the first one alone would be gone and not come back
        var now = await store.ReadAsync(cancellationToken);
        if (purges.Where(purge => purge.Image == remedy.Image).Append(remedy).Select(purge => PurgeGuard.Objection(purge, now)).FirstOrDefault(why => why is not null) is { } objection)
            throw new SourceException(Source.Engine, Fault.Refused, objection);
        purges.Remove(remedy);
        var removed = new List<string>();
        try
        {
            foreach (var name in remedy.Names)
            {
                await RemoveAsync(name, cancellationToken);
                removed.Add(name);
            }
        }
        catch (Exception e) when (e is SourceException or OperationCanceledException)
        {
            await PutBackAsync(remedy, removed);
            throw;
        }

        if (remedy.Frees is { } lookup) await CollectedAsync(lookup, engine, cancellationToken);
    }

    // a pull that comes sooner reads the wrong copy once more; whether it is gone at last is for the second look to say
    private async Task CollectedAsync(PullLookup lookup, EngineState engine, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        while (time.GetElapsedTime(start) < CollectLimit)
        {
            try
            {
                // the images it knew may all be gone by now, and the store is still this engine's
                var tables = await layers.ReadTablesAsync(engine with { Images = [] }, [lookup], cancellationToken);
                if (!tables.Any(damage => damage.Kind == TableDamageKind.CachedManifest)) return;
            }
            catch (SourceException)
            {
                return;
            }

            await Task.Delay(CollectInterval, time, cancellationToken);
        }
    }

    private async Task RemoveAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            await store.RemoveAsync(name, cancellationToken);
        }
        catch (SourceException e) when (e.Fault == Fault.Missing)
        {
            // an earlier name took it along: the last tag of a repository takes its digest references with it
        }
    }

    // a purge that stopped half-way must not cost the image its names; where the image is gone after all, there is nothing to name
    private async Task PutBackAsync(Remedy remedy, IReadOnlyList<string> removed)
    {
        using var limit = new CancellationTokenSource(PutBackLimit, time);
        foreach (var tag in removed.Select(ImageReference.TryParse).OfType<ImageReference>().Where(name => name.Digest is null))
        {
            try
            {
                await store.TagAsync(remedy.Of!, tag, limit.Token);
            }
            catch (Exception e) when (e is SourceException or OperationCanceledException)
            {
                events.Report(new Noted($"the name {tag} could not be put back: {e.Message}"));
            }
        }
    }

    private async Task PullAsync(Remedy remedy, EngineState engine, CancellationToken cancellationToken)
    {
        var image = remedy.Image!;
        var counter = new PullCounter(remedy.Subject, events);
        await store.PullAsync(image.Reference, engine.Platform, registry.CredentialFor(image), counter, cancellationToken);
        PulledBytes += counter.DoneBytes;
        if (remedy.AlsoTags.Count == 0) return;
        var pulled = (await store.ReadAsync(cancellationToken)).Find(image.Reference)
            ?? throw new SourceException(Source.Engine, Fault.Missing, $"the engine says it pulled {image.Reference}, but does not list it");
        if (pulled.Id != remedy.Of)
            throw new SourceException(Source.Engine, Fault.Refused, $"{image.Reference} is another image than the one that was proven; its further names ({string.Join(", ", remedy.AlsoTags)}) were not put on it");
        foreach (var tag in remedy.AlsoTags.Select(ImageReference.TryParse).OfType<ImageReference>()) await store.TagAsync(pulled.Id, tag, cancellationToken);
    }

    private ReportedAction Report(Remedy remedy, ActionOutcome outcome, string? message)
    {
        events.Report(new ActionEnded(remedy.Kind, remedy.Subject, outcome, message));
        return new(remedy.Kind, remedy.Subject, remedy.Cures, outcome) { Message = message, Commands = remedy.Commands };
    }

    private sealed class PullCounter(string subject, IProgress<RunEvent> events) : IProgress<PullProgress>
    {
        public long DoneBytes { get; private set; }

        public void Report(PullProgress value)
        {
            DoneBytes = value.DoneBytes;
            events.Report(new BytesMoved("pull", subject, value.DoneBytes, value.TotalBytes > 0 ? value.TotalBytes : null));
        }
    }
}
