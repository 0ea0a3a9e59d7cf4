using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Runs;

namespace AppPreflight.Cli;

/// <summary><c>verify</c>: one image, every byte against its digest. Changes nothing, needs no lock.</summary>
internal sealed class VerifyCommand(RunDoors doors, Settings settings, Terminal terminal)
{
    /// <exception cref="UsageException">No image, or not an image reference.</exception>
    public async Task<int> RunAsync(string? image, bool stored, bool served, CancellationToken cancellationToken)
    {
        var sides = (stored ? Sides.Stored : Sides.None) | (served ? Sides.Served : Sides.None);
        var report = await VerifyAsync(Parse(image), sides == Sides.None ? Sides.Both : sides, cancellationToken);
        var printer = new ReportPrinter(settings, terminal) { Journal = doors.Journal };
        if (settings.Json) printer.PrintJson([report], asArray: false);
        else printer.Print(report, RunVerb.Verify);
        return ExitCode.Of(report.Verdict);
    }

    private async Task<PreflightReport> VerifyAsync(string image, Sides sides, CancellationToken cancellationToken)
    {
        using var progress = ProgressView.On(terminal, settings);
        return await doors.VerifyAsync(image, sides, progress, cancellationToken);
    }

    private static string Parse(string? image)
    {
        if (string.IsNullOrWhiteSpace(image)) throw new UsageException("verify needs an IMAGE");
        try
        {
            return ImageReference.Parse(image).ToString();
        }
        catch (FormatException e)
        {
            throw new UsageException(e.Message);
        }
    }
}
