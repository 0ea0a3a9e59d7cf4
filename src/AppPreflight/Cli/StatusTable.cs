using System.Globalization;
using AppPreflight.Runs;

namespace AppPreflight.Cli;

/// <summary>The apps in columns: state, app, versions, steps, since when; behind them the reason where it fits, else beneath.</summary>
internal sealed class StatusTable(Page page, StatusPicture picture, DateTimeOffset now)
{
    private const int State = 9;

    /// <summary>What "steps" and "since" leave of a line for the two columns whose width depends on the apps.</summary>
    private const int Room = Page.Width - State - 2 - 2 - 5 - 2 - 12;
    private const int LongestApp = 27;

    private readonly (int App, int Way) widths = Widths(picture.Lines);

    /// <param name="isOne">The findings follow, each with its next step.</param>
    public void Write(bool isOne)
    {
        page.Line("state".PadRight(State) + Cells("app", "installed -> target", "steps", "since"), tone: Tone.Dim);
        foreach (var line in picture.Lines) Write(line, isOne);
    }

    private void Write(StatusLine line, bool isOne)
    {
        var steps = line.Fresh?.Chain.Count.ToString(CultureInfo.InvariantCulture) ?? "-";
        var fits = line.App.Length <= widths.App && line.Way.Length <= widths.Way;
        var row = fits ? Cells(line.App, line.Way, steps, Since(line)) : $"{line.App}  {line.Way}  {steps}  {Since(line)}";
        var reason = line.Reason(now);
        var isShort = fits && State + row.Length + 2 + reason.Length <= Page.Width;
        page.Labelled(line.State.Wire(), ToneOf(line.State), isShort ? $"{row}  {reason}" : row, State);
        if (!isShort) page.Line(reason, State, State);
        if (picture.ProofOf(line.App) is { Layers: > 0 } proof) page.Line(Said(proof), State, State, Tone.Dim);
        if (line.Next is { } next && !(isOne && line.Fresh?.Findings.Count > 0)) page.Line($"-> {next}", State, State + 3, Tone.Bold);
    }

    private string Said(AppProof proof)
    {
        var part = proof.Proved == proof.Layers ? Amounts.Count(proof.Layers, "layer") : $"{proof.Proved} of {Amounts.Count(proof.Layers, "layer")}";
        var damaged = proof.Damaged == 0 ? "" : $"; {proof.Damaged} damaged when read last";
        return (proof.Oldest is { } oldest ? $"stored bytes proved {Amounts.Age(now - oldest)}, {part}" : $"stored bytes not proved yet, {Amounts.Count(proof.Layers, "layer")}") + damaged;
    }

    private string Cells(string app, string way, string steps, string since) =>
        $"{app.PadRight(widths.App)}  {way.PadRight(widths.Way)}  {steps,5}  {since}";

    // a wrong clock has no place in a column; the reason tells of it
    private string Since(StatusLine line) => line.Since is not { } since ? "-" : Amounts.Age(now - since) is { Length: <= 12 } age ? age : "in future";

    // names that would push the columns off the line get a line to themselves
    private static (int App, int Way) Widths(IReadOnlyList<StatusLine> lines)
    {
        var app = lines.Max(line => line.App.Length);
        var way = Math.Max("installed -> target".Length, lines.Max(line => line.Way.Length));
        return app + way <= Room ? (Math.Max(app, 3), way) : (Math.Clamp(app, 3, LongestApp), Math.Min(way, Room - Math.Clamp(app, 3, LongestApp)));
    }

    private static Tone ToneOf(AppState state) => state switch
    {
        AppState.Ready or AppState.Healed => Tone.Good,
        AppState.Blocked => Tone.Bad,
        _ => Tone.Warning,
    };
}
