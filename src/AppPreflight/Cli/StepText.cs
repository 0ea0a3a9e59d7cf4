using AppPreflight.Checks;
using AppPreflight.Runs;
using AppPreflight.Upgrades;

namespace AppPreflight.Cli;

/// <summary>The steps of the chain, each with what it does and the images it wants.</summary>
internal sealed class StepText(Page page, PreflightReport report, ImageText images)
{
    private readonly HashSet<string> shown = new(StringComparer.Ordinal);

    /// <param name="isPlanOnly">The <c>chain</c> command: nobody was asked, so there are no marks.</param>
    public void Write(bool isPlanOnly)
    {
        foreach (var step in report.Chain)
        {
            page.Blank();
            page.Line($"step {step.Version}  {ModeOf(step)}{(isPlanOnly ? From(step) : "")}");
            if (step.Pulls) WriteImages(step, isPlanOnly);
        }
    }

    private void WriteImages(ReportedStep step, bool isPlanOnly)
    {
        if (step.Images is null) page.Marked(Verdict.Unknown, "its images can't be told", indent: 2);
        if (isPlanOnly) WriteNames(step);
        else foreach (var image in report.Images.Where(image => image.Steps.Contains(step.Version, StringComparer.Ordinal))) WriteOnce(image);
    }

    private void WriteNames(ReportedStep step)
    {
        foreach (var name in step.Images ?? []) page.Line(name, indent: 2);
    }

    private void WriteOnce(ReportedImage image)
    {
        if (shown.Add(image.Reference)) images.Write(image);
        else page.Line($"{image.Reference} (as above)", indent: 2);
    }

    private static string From(ReportedStep step) =>
        step.RequiredVersion is { } required ? $"; from {required} on" : "";

    private static string ModeOf(ReportedStep step) => step.Mode switch
    {
        StepMode.Image => "new container",
        StepMode.App => "script in the old container",
        StepMode.Docker => "from packages to a container",
        _ => "packages only",
    } + (step.Pulls ? "" : ", nothing is pulled");
}
