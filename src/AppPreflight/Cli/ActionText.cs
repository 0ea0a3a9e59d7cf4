using AppPreflight.Checks;
using AppPreflight.Remedies;
using AppPreflight.Runs;

namespace AppPreflight.Cli;

/// <summary>What was done, or what a repair would do.</summary>
internal sealed class ActionText(Page page, PreflightReport report)
{
    public void Write()
    {
        Write("A repair would", report.Actions.Where(action => action is { Outcome: ActionOutcome.Planned, Kind: not RemedyKind.AskOperator }));
        Write("Done by this run", report.Actions.Where(action => action.Outcome != ActionOutcome.Planned));
        Write("For you to decide", report.Actions.Where(action => action is { Outcome: ActionOutcome.Planned, Kind: RemedyKind.AskOperator, Commands.Count: 0 } && !IsSaid(action)));
    }

    // most questions to the operator are the remedy of a finding, and stand there already
    private bool IsSaid(ReportedAction action) => report.Findings.Any(finding => finding.Remedy == action.Message);

    private void Write(string title, IEnumerable<ReportedAction> actions)
    {
        var isFirst = true;
        foreach (var action in actions)
        {
            if (isFirst) page.Blank();
            if (isFirst) page.Line(title, tone: Tone.Bold);
            isFirst = false;
            Write(action);
        }
    }

    private void Write(ReportedAction action)
    {
        var cures = string.Join(", ", action.Cures.Select(code => code.Wire()));
        var what = action.Kind == RemedyKind.AskOperator ? cures : $"{action.Kind.Wire()}  ({cures})";
        if (action.Outcome == ActionOutcome.Planned) page.Line(what, indent: 2);
        else page.Marked(action.Outcome == ActionOutcome.Done ? Verdict.Pass : Verdict.Fail, what, indent: 2);
        page.Line(action.Subject, indent: 4, hang: 4);
        if (action.Message is { } message) page.Line(new RemedyText(report).Complete(message), indent: 4, hang: 4);
    }
}
