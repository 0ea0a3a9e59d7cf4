using System.Text;
using AppPreflight.Checks;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Pairs;
using AppPreflight.Runs;

namespace AppPreflight.Cli;

/// <summary><c>compare</c>: two names that ought to mean the same image: do they, and if not, where do they part? Changes nothing, needs no lock.</summary>
internal sealed class CompareCommand(RunDoors doors, Settings settings, Terminal terminal)
{
    /// <param name="least">The grade that is good enough; null for any that has the same contents.</param>
    /// <exception cref="UsageException">Not two images, not a grade.</exception>
    public async Task<int> RunAsync(string? a, string? b, string? least, bool allFiles, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(a) || string.IsNullOrWhiteSpace(b)) throw new UsageException("compare needs two images, A and B");
        var (left, right, wanted) = (Parse(a), Parse(b), GradeOf(least));
        var comparison = await CompareAsync(left, right, wanted, cancellationToken);
        if (settings.Json) terminal.Output.Write(Encoding.UTF8.GetString(ComparisonJson.Write(comparison)));
        else Print(comparison, allFiles);
        return ExitCode.Of(comparison.Verdict);
    }

    private async Task<ImageComparison> CompareAsync(ImageAddress a, ImageAddress b, TagGrade wanted, CancellationToken cancellationToken)
    {
        using var progress = ProgressView.On(terminal, settings);
        return await doors.CompareAsync(a, b, wanted, progress, cancellationToken);
    }

    private void Print(ImageComparison comparison, bool allFiles)
    {
        var page = new Page(terminal.UsesColours(settings));
        new ComparisonText(page, comparison, allFiles, settings.Verbose).Write();
        terminal.Output.Write(page.ToString());
    }

    private static ImageAddress Parse(string text)
    {
        try
        {
            return ImageAddress.Parse(text);
        }
        catch (FormatException e)
        {
            throw new UsageException(e.Message);
        }
    }

    private static TagGrade GradeOf(string? text)
    {
        if (text is null) return TagGrade.SameFiles;
        var name = text.StartsWith("tags-", StringComparison.Ordinal) ? text["tags-".Length..] : text;
        return WireNames.FindGrade("tags-" + name) is { } grade and not TagGrade.Differ ? grade
            : throw new UsageException($"'{Quote.Short(text)}' is no grade to ask for: identical, same-image, same-layers or same-files");
    }
}
