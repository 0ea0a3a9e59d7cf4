using System.Globalization;
using System.Text;

namespace AppPreflight.Rehearsal;

/// <summary>A result as tables: the same text on the terminal and in docs/performance.md.</summary>
internal static class BenchPaper
{
    private const string CompareHeading = "## Comparing two images";

    private static readonly string[] Columns = ["what", "program", "median s", "min - max s", "MB/s", "ours : this", "peak MB"];

    /// <summary>All of docs/performance.md.</summary>
    public static string Write(BenchResult result) => Format($"""
        <!-- written by `make bench`; a change by hand is lost in its next run -->
        # Performance

        One run of `make bench`: ours and the peers in turn, {result.Rounds} counted rounds after one that does not count; medians, and ratios of medians.
        The subject is an image of {result.Subject.LayerBytes.Count} layers ({string.Join(", ", result.Subject.LayerBytes.Select(Mega))} MB of tar, {result.Subject.Files} files), {Mega(result.Subject.TarBytes)} MB unpacked
        and {Mega(result.Subject.BlobBytes)} MB in the registry (gzip leaves {Percent(result.Subject)} %), made from a seed: text-like, code-like and random files. MB are millions of bytes.

        {Tables(result)}
        ## How it was measured

        - Engine and registry are private ones of Debian, on loopback and on one disk. Before each lap dirty pages are written out (`sync`, not counted).
        - Stored, warm: the pages of the image's files, and of the file that openssl reads, are in the page cache for both sides. openssl reads one file with the
          image's layer tars one after the other, in one process. `docker save` goes through a pipe to `cat > /dev/null`, and
          writes a copy to disk first, as it always does.
        - Served: the registry reads warm pages. skopeo writes the blobs as they are to a new folder and checks no diff id; `docker pull` unpacks to
          disk, after a `docker rmi` that is not counted.
        - Ours is the published program, started anew for each lap; every lap has to end with exit code 0, the verdict pass, and all bytes of the image counted as hashed.
        - Peak memory: VmHWM of /proc/PID/status, asked every 5 ms until the program ends, the highest of all laps. No figure where a daemon does the work.
        - Bound: bytes / (SHA-256 rate of one thread x cores), the rate by .NET's IncrementalHash over bytes in the processor's cache, measured once a round;
          the highest counts, for it is a bound. Served: compressed and unpacked bytes are both hashed; inflating comes on top.
        - {(result.NotCold is { } why ? $"No cold figure: {why}." : "Stored, cold: one lap each after `echo 3 > /proc/sys/vm/drop_caches`. What the host of a virtual machine keeps stays warm.")}
        - {(result.Rows.Any(row => row.Section == BenchResult.Big) ? "The large file: one file of zeros, unpacked in full; one lap each." : "The 10 GB image was not part of this run (`make bench BIG=1`).")}

        """);

    /// <summary>Figures, goals and the machine.</summary>
    public static string Tables(BenchResult result) => string.Join('\n', Figures(result), Goals(result.Goals), Machine(result));

    /// <summary>The last section of docs/performance.md.</summary>
    public static string Compared(CompareFigures figures, IReadOnlyList<(string Name, string Value)> machine) => Format($"""
        {CompareHeading}

        `make bench ONLY=compare` writes this section alone. Ours and the peers in turn over the same pairs, a round that does not count first; medians.
        {string.Join('\n', figures.Subjects.Select(subject => $"- {subject.Section}: {subject.What}."))}
        - Every lap of ours has to give the right grade and exit code, and to say that it has read these layers' bytes and no others: none in the first three.
        - skopeo reads the two manifests as they are and compares nothing. `diff` compares contents only; it counts alone, and with what has to come before it.

        {ComparedTables(figures)}
        {Align([["machine", ""], .. machine.Select(fact => (string[])[fact.Name, fact.Value])])}
        """);

    /// <summary>A paper with its last section written anew; nothing else is touched.</summary>
    public static string WithCompared(string paper, string section) =>
        $"{(paper.IndexOf(CompareHeading, StringComparison.Ordinal) is >= 0 and var start ? paper[..start] : $"{paper.TrimEnd()}\n\n")}{section}";

    public static string ComparedTables(CompareFigures figures)
    {
        var table = new List<string[]> { Columns };
        foreach (var section in figures.Rows.GroupBy(row => row.Section, StringComparer.Ordinal))
            table.AddRange(section.Select(row => Line(row, ReferenceEquals(row, section.First()) ? null : section.First())));
        return string.Join('\n', Align(table), Goals(figures.Goals));
    }

    private static string Figures(BenchResult result)
    {
        var table = new List<string[]> { Columns };
        foreach (var section in result.Rows.GroupBy(row => row.Section, StringComparer.Ordinal))
        {
            var ours = section.First();
            table.AddRange(section.Select(row => Line(row, section.Key == BenchResult.Big || ReferenceEquals(row, ours) ? null : ours)));
            if (Bound(result, section.Key) is { } bound) table.Add([section.Key, "bound: bytes / (rate x cores)", Seconds(bound), "", "", Two(ours.Median / bound), ""]);
        }

        return Align(table);
    }

    private static string[] Line(BenchRow row, BenchRow? ours) =>
    [
        row.Section, row.Name, Seconds(row.Median), $"{Seconds(row.Times.Min())} - {Seconds(row.Times.Max())}",
        row.Bytes == 0 ? "" : Mega((long)(row.Bytes / row.Median.TotalSeconds)), ours is null ? "" : Two(BenchResult.Ratio(ours, row)),
        row.PeakBytes is { } peak ? Mega(peak) : "",
    ];

    private static TimeSpan? Bound(BenchResult result, string section) => section switch
    {
        BenchResult.Stored => result.Rates.Bound(result.Subject.TarBytes),
        BenchResult.Served => result.Rates.Bound(result.Subject.TarBytes + result.Subject.BlobBytes),
        _ => null,
    };

    private static string Goals(IEnumerable<BenchGoal> goals) => Align(
    [
        ["goal", "measured", "at most", ""],
        .. goals.Select(goal => (string[])[goal.Name, Three(goal.Measured), Three(goal.Limit), goal.Met ? "met" : "missed"]),
    ]);

    private static string Machine(BenchResult result) => Align(
    [
        ["machine", ""],
        .. result.Machine.Select(fact => (string[])[fact.Name, fact.Value]),
        ["SHA-256, one thread", $"{Mega((long)result.Rates.OneThread)} MB/s"],
        [Format($"SHA-256, {result.Rates.Cores} threads"), $"{Mega((long)result.Rates.AllCores)} MB/s"],
    ]);

    private static string Align(List<string[]> rows)
    {
        var widths = Enumerable.Range(0, rows[0].Length).Select(column => Math.Max(3, rows.Max(row => row[column].Length))).ToArray();
        var text = new StringBuilder();
        for (var place = 0; place < rows.Count; place++)
        {
            Append(rows[place].Select((cell, column) => cell.PadRight(widths[column])));
            if (place == 0) Append(widths.Select(width => new string('-', width)));
        }

        return text.ToString();

        void Append(IEnumerable<string> cells) => text.Append("| ").AppendJoin(" | ", cells).Append(" |\n");
    }

    private static string Format(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static string Mega(long bytes) => (bytes / 1e6).ToString(bytes < 10_000_000 ? "0.0" : "0", CultureInfo.InvariantCulture);

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture);

    private static string Two(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);

    private static string Three(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);

    private static string Percent(BenchSubject subject) => (100.0 * subject.BlobBytes / subject.TarBytes).ToString("0", CultureInfo.InvariantCulture);
}
