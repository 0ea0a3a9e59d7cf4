using AppPreflight.Checks;
using AppPreflight.Runs;

namespace AppPreflight.Cli;

/// <summary>What a run tells while it goes, on standard error: one line redrawn on a terminal, plain lines now and then elsewhere.</summary>
/// <remarks>Events come from several tasks at once; each is taken whole, under a lock, and none waits for a clock.</remarks>
internal sealed class ProgressView : IProgress<RunEvent>, IDisposable
{
    public static readonly TimeSpan LiveInterval = TimeSpan.FromMilliseconds(100);
    public static readonly TimeSpan PlainInterval = TimeSpan.FromSeconds(10);

    private const string EraseLine = "\r\e[K";

    private readonly Lock gate = new();
    private readonly Terminal terminal;
    private readonly bool isLive;
    private readonly bool isVerbose;
    private readonly ByteRate rate;
    private string phase = "";
    private DateTimeOffset lastShown;
    private bool isDrawn;

    private ProgressView(Terminal terminal, bool isLive, bool isVerbose)
    {
        (this.terminal, this.isLive, this.isVerbose) = (terminal, isLive, isVerbose);
        rate = new ByteRate(terminal.Time);
        lastShown = terminal.Time.GetUtcNow();
    }

    public static ProgressView On(Terminal terminal, Settings settings) =>
        new(terminal, terminal.IsLive(settings), settings.Verbose);

    public void Report(RunEvent value)
    {
        lock (gate) Take(value);
    }

    /// <summary>Clears the live line, so that what follows begins on an empty one.</summary>
    public void Dispose()
    {
        lock (gate) Erase();
    }

    private void Take(RunEvent value)
    {
        switch (value)
        {
            case PhaseStarted begun:
                Begin(begun.What);
                break;
            case BytesMoved moved:
                rate.Add(moved);
                ShowBytes();
                break;
            case ActionStarted started:
                Begin($"{started.Kind.Wire()} {started.Subject}");
                break;
            case ActionEnded { Outcome: not ActionOutcome.Planned } ended:
                Keep($"{ended.Kind.Wire()} {ended.Subject}: {ended.Outcome.Wire()}{(ended.Message is { } why ? ", " + why : "")}");
                break;
            case Noted noted:
                Keep(noted.Message);
                break;
            case FindingMade { Finding: { Verdict: not Verdict.Pass } finding } when isVerbose:
                Keep($"{finding.Verdict.Wire()}: {finding.Code.Wire()} {finding.Subject}");
                break;
        }
    }

    private void Begin(string what)
    {
        (phase, lastShown) = (Page.Clean(what), terminal.Time.GetUtcNow());
        rate.Restart();
        if (isLive) Draw(phase + " ...");
        else Write(phase + "\n");
    }

    private void Keep(string sentence)
    {
        Erase();
        Write(Page.Clean(sentence) + "\n");
    }

    private void ShowBytes()
    {
        var now = terminal.Time.GetUtcNow();
        if (now - lastShown < (isLive ? LiveInterval : PlainInterval)) return;
        lastShown = now;
        if (isLive) Draw(rate.ToString());
        else Write($"  {rate}\n");
    }

    // one column stays free: a full line would wrap, and could not be redrawn
    private void Draw(string line)
    {
        var room = Math.Max(20, terminal.Columns() - 1);
        var clean = Page.Clean(line);
        Write(EraseLine + (clean.Length > room ? clean[..(room - 3)] + "..." : clean));
        isDrawn = true;
    }

    // a standard error that takes nothing more (closed, disk full) must not stop a repair half-way
    private void Write(string text)
    {
        try
        {
            terminal.Error.Write(text);
        }
        catch (IOException)
        {
        }
    }

    private void Erase()
    {
        if (isDrawn) Write(EraseLine);
        isDrawn = false;
    }
}
