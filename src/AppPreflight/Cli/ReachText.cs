using AppPreflight.Checks;
using AppPreflight.Runs;

namespace AppPreflight.Cli;

/// <summary>What it would take to heal altered layers that are in use: who stands on them, and the commands, line by line.</summary>
internal sealed class ReachText(Page page, PreflightReport report)
{
    /// <summary>Whether the remedy of this finding is what is written here.</summary>
    public static bool Covers(PreflightReport report, Finding finding) =>
        finding.Code is FindingCode.ImageInUse or FindingCode.LayerSharedInUse && report.Actions.Any(action => action.Commands.Count > 0 && action.Message == finding.Remedy);

    public void Write()
    {
        // several images ask for the same
        var asked = report.Actions.Where(action => action.Commands.Count > 0).DistinctBy(action => action.Message, StringComparer.Ordinal).ToList();
        if (asked.Count == 0) return;
        page.Blank();
        page.Line("What it would take", tone: Tone.Bold);
        foreach (var reach in report.Reach) Write(reach);
        foreach (var action in asked) Write(action);
    }

    private void Write(ReportedReach reach)
    {
        var containers = reach.Containers.Select(container => container.IsRunning ? $"{container.Name} (running)" : container.Name).ToList();
        page.Line($"on the layer {Amounts.ShortDigest(reach.DiffId)}: {Amounts.Count(reach.Images.Count, "image")}{(containers.Count > 0 ? $", in use by {string.Join(", ", containers)}" : "")}", indent: 2);
        foreach (var image in reach.Images) page.Line(image, indent: 4, hang: 4);
    }

    private void Write(ReportedAction action)
    {
        foreach (var command in action.Commands) page.Whole($"-> {command}", indent: 2, Tone.Bold);
        // the message is the commands, and in brackets what they mean
        var meaning = action.Message?.IndexOf(" (", string.Join("; ", action.Commands).Length, StringComparison.Ordinal) ?? -1;
        if (meaning >= 0) page.Line(action.Message![(meaning + 2)..^1], indent: 2, hang: 2);
    }
}
