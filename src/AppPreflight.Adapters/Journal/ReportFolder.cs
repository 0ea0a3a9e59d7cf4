using AppPreflight.Ports;
using AppPreflight.Runs;

namespace AppPreflight.Journal;

/// <summary><c>reports/APP.json</c>: the last report of each app, replaced whole; it carries on since when the word for it has held.</summary>
internal sealed class ReportFolder(StateFolder folder)
{
    private const int MostReports = 1000;

    /// <exception cref="SourceException">It could not be written; the report before it is untouched.</exception>
    public void Save(PreflightReport report)
    {
        folder.Make();
        var name = ReportName.Of(report.App);
        var kept = report.After(Previous(name));
        folder.Guard("written", () => folder.Replace(name, ReportJson.Write(kept)));
    }

    // one that can't be read is about to be replaced: nothing is to be said of it
    private PreflightReport? Previous(string name)
    {
        try
        {
            return ReportJson.Read(ReadBytes(name));
        }
        catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <param name="broken">One sentence for each file that is no report, and where it was moved to.</param>
    /// <exception cref="SourceException">The folder is there and can't be read.</exception>
    public IReadOnlyList<PreflightReport> ReadAll(out IReadOnlyList<string> broken)
    {
        var told = new List<string>();
        var reports = new List<PreflightReport>();
        foreach (var name in Names())
        {
            if (Read(name, told) is { } report) reports.Add(report);
        }

        reports.Sort(static (a, b) => string.CompareOrdinal(a.App, b.App));
        broken = told;
        return reports;
    }

    // asked by opening: a folder that may not be looked into would pass for one that is not there
    private List<string> Names() => folder.Guard("read", () =>
    {
        try
        {
            return Directory.EnumerateFiles(folder.FullName, "*" + ReportName.Ending).Take(MostReports).Select(Path.GetFileName).OfType<string>().ToList();
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    });

    private PreflightReport? Read(string name, List<string> told)
    {
        try
        {
            var report = ReportJson.Read(ReadBytes(name));
            return ReportName.Of(report.App) == name ? report : throw new FormatException("it is the report of another app");
        }
        catch (FileNotFoundException)
        {
            return null; // replaced or moved aside by another process at this very moment
        }
        catch (FormatException e)
        {
            told.Add(MoveAside(name, e.Message));
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            told.Add($"{folder[name]} can't be read: {Oci.Quote.Short(e.Message)}");
            return null;
        }
    }

    private byte[] ReadBytes(string name) => folder.Read(name, ReportJson.MaxBytes);

    private string MoveAside(string name, string why)
    {
        var sentence = $"{folder[name]} is broken ({why})";
        try
        {
            File.Move(folder[name], folder[name + ".broken"], overwrite: true);
            return $"{sentence}; it was moved aside as {name}.broken, the next check writes a new one";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"{sentence}; the next check writes a new one";
        }
    }
}
