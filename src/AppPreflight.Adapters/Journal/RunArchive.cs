using AppPreflight.Images;
using AppPreflight.Ports;
using AppPreflight.Runs;

namespace AppPreflight.Journal;

/// <summary><c>runs/RUN.json</c>: the newest reports, each as it was when its run ended; older ones make room.</summary>
/// <remarks>The folder is small whatever happens: at most <see cref="MostRuns"/> files and <see cref="MostBytes"/>, the newest alone excepted.</remarks>
internal sealed class RunArchive(StateFolder folder)
{
    public const int MostRuns = 50;
    public const long MostBytes = 64 << 20;

    private const string Ending = ".json";
    private const int MostEntries = 10_000;

    /// <exception cref="SourceException">It could not be written, or is too large to be read again.</exception>
    public void Keep(PreflightReport report)
    {
        if (!RunKey.IsWellFormed(report.Run)) throw new ArgumentException("the key of a run has another form", nameof(report));
        var bytes = ReportJson.Write(report);
        if (bytes.Length > ReportJson.MaxBytes)
            throw new SourceException(Source.Journal, Fault.Refused, $"the report of run {report.Run} is larger than {ReportJson.MaxBytes >> 20} MiB and is not kept");
        folder.Make();
        folder.Guard("written", () => folder.Replace(report.Run + Ending, bytes));
        MakeRoom(report);
    }

    /// <summary>Keys, newest first.</summary>
    /// <exception cref="SourceException">The folder is there and can't be read.</exception>
    public IReadOnlyList<string> Keys() => folder.Guard<IReadOnlyList<string>>("read", () =>
        [.. Entries().Where(entry => entry.Name.EndsWith(Ending, StringComparison.Ordinal)).Select(entry => KeyOf(entry.Name)!).OrderDescending(StringComparer.Ordinal)]);

    /// <returns>Null where there is none of that key.</returns>
    /// <exception cref="SourceException">It is there, and can't be read or is no report.</exception>
    public PreflightReport? Find(string run)
    {
        if (!RunKey.IsWellFormed(run)) return null;
        try
        {
            var report = folder.Guard("read", () => ReportJson.Read(folder.Read(run + Ending, ReportJson.MaxBytes)));
            return report.Run == run ? report : throw new FormatException("it is the report of another run");
        }
        catch (SourceException e) when (e.InnerException is FileNotFoundException)
        {
            return null;
        }
        catch (FormatException e)
        {
            throw new SourceException(Source.Journal, Fault.Malformed, $"{folder[run + Ending]} is broken ({Oci.Quote.Short(e.Message)}); the reports of other runs are not affected", e);
        }
    }

    // What a crash left half written goes by its key like all others. A key behind the end of the run that was kept just now is of a
    // clock that was wrong: it goes first, for it would stay the newest for years.
    private void MakeRoom(PreflightReport kept)
    {
        try
        {
            var now = RunKey.FirstAt(kept.Finished.AddSeconds(1));
            var ranked = Entries()
                .OrderByDescending(entry => KeyOf(entry.Name) == kept.Run)
                .ThenBy(entry => string.CompareOrdinal(entry.Name, now) > 0)
                .ThenByDescending(entry => entry.Name, StringComparer.Ordinal).ToList();
            var bytes = 0L;
            for (var i = 0; i < ranked.Count; i++)
            {
                bytes += ranked[i].Exists ? ranked[i].Length : 0;
                if (i >= MostRuns || i > 0 && bytes > MostBytes) folder.TryDelete(ranked[i].Name);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // the next run tries again
        }
    }

    private List<FileInfo> Entries()
    {
        try
        {
            return [.. new DirectoryInfo(folder.FullName).EnumerateFiles().Where(file => KeyOf(file.Name) is not null).Take(MostEntries)];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    /// <returns>Null for what is no file of ours.</returns>
    private static string? KeyOf(string name)
    {
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && name[dot..] is Ending or Ending + ".tmp" && RunKey.IsWellFormed(name[..dot]) ? name[..dot] : null;
    }
}
