using AppPreflight.Control;
using AppPreflight.Runs;

namespace AppPreflight.Cli;

/// <summary>The first screen at night: a line for each app, then who looks after them.</summary>
internal sealed class StatusText(Page page, StatusPicture picture, DateTimeOffset now)
{
    private const int Label = 9;
    private const int MostQueued = 5;

    public void WriteAll()
    {
        if (picture.Lines.Count > 0) new StatusTable(page, picture, now).Write(isOne: false);
        page.Blank();
        WriteAgent();
        WriteRun();
        WriteNext();
        if (picture.Agent?.Scrub is { } scrub) WriteScrub(scrub);
    }

    public void WriteOne(bool isVerbose)
    {
        new StatusTable(page, picture, now).Write(isOne: true);
        if (picture.Lines[0].Fresh is { } report)
        {
            new StepText(page, report, new ImageText(page, report, isVerbose)).Write(isPlanOnly: false);
            new FindingText(page, report, isVerbose).Write();
        }

        if (picture.Running is null) return;
        page.Blank();
        WriteRun();
    }

    private void WriteAgent()
    {
        if (picture.Agent is not { } agent)
        {
            var isSilent = picture.AgentFault is not null;
            Write("agent", isSilent ? $"does not answer: {picture.AgentFault}" : "not running: commands work in-process, and nobody looks by itself", Tone.Warning);
            page.Line($"-> systemctl {(isSilent ? "status" : "start")} app-preflight", Label, tone: Tone.Bold);
            Write("engine", "not asked: only the agent watches it");
            return;
        }

        Write("agent", $"running, process {agent.ProcessId}, started {Amounts.Age(now - agent.Started)}, version {agent.Version}");
        if (agent.ConfigFault is { } fault) Write("config", $"{fault.TrimEnd('.')}; the last good one is in use", Tone.Warning);
        WriteEngine(agent.Engine);
    }

    private void WriteEngine(EngineContact engine)
    {
        var since = Amounts.Age(now - engine.Since);
        if (engine.Answers is not { } answers) Write("engine", "not asked yet");
        else if (answers) Write("engine", $"answers: {engine.Says} (noticed {since})");
        else Write("engine", $"does not answer: {engine.Says.TrimEnd('.')} (noticed {since})", Tone.Bad);
    }

    private void WriteRun()
    {
        if (picture.Running is { } holder) Write("run", HolderText.Of(holder, now));
        if (picture.Agent is not { Queue: { Count: > 0 } queue }) return;
        for (var i = 0; i < Math.Min(queue.Count, MostQueued); i++) Write(i == 0 ? "queue" : "", QueueText(queue[i]));
        if (queue.Count > MostQueued) Write("", $"and {queue.Count - MostQueued} more");
    }

    private void WriteNext()
    {
        if (picture.Agent is not { } agent) return;
        Write("next", agent.NextRun switch
        {
            null => "never by itself: the configuration says so",
            { } next when next <= now => "the agent is about to look by itself",
            { } next => $"the agent looks by itself in {Amounts.Duration(next - now)}",
        });
    }

    private void WriteScrub(ScrubStatus scrub)
    {
        if (scrub.Fault is { } fault) Write("scrub", $"stored layers can't be read: {fault.TrimEnd('.')}", Tone.Warning);
        else if (scrub.ReadingSince is { } since) Write("scrub", $"reading stored layers for {Amounts.Duration(now - since)}");
        else if (scrub is { Next: { } next, Budget: { } budget }) Write("scrub", $"stored layers are read in {Amounts.Duration(next - now)}, {Amounts.Bytes(budget.BytesPerSecond)}/s for at most {budget.Length.TotalMinutes:0} min");
        else Write("scrub", "never: the configuration says so");
    }

    private static string QueueText(QueuedRun run) =>
        $"{run.Verb.Wire()} of {run.App}{(run.Target is { } target ? $" to {target}" : "")} ({run.Why})";

    private void Write(string label, string content, Tone tone = Tone.Dim) => page.Labelled(label, tone, content, Label, hang: Label);
}
