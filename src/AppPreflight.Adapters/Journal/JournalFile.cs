using AppPreflight.Ports;

namespace AppPreflight.Journal;

/// <summary><c>journal.jsonl</c>: one JSON line for each intent, outcome and reconciliation, on disk before the caller goes on.</summary>
/// <remarks>
/// A line without its end was never acknowledged, so nobody acted on it: it is dropped, and cut off before the next one is written.
/// Beyond <see cref="RotateAtBytes"/> the file becomes <c>journal.jsonl.1</c>, and a new one begins with the intents still open.
/// </remarks>
internal sealed class JournalFile(StateFolder folder, Action<string> told)
{
    public const int RotateAtBytes = 1 << 20;

    private const string Name = "journal.jsonl";
    private const int MostBytesRead = 8 << 20;

    // an image that never comes back leaves its line here for ever
    private const int MostOwed = 100;

    /// <exception cref="SourceException">The line is not on disk; nothing of it stays in the file.</exception>
    public void Append(JournalLine line) => folder.Guard("written", () =>
    {
        using (var file = folder.Open(Name, FileMode.OpenOrCreate, FileAccess.ReadWrite))
        {
            var isNew = file.Length == 0;
            var end = EndOfLastLine(file);
            if (end < file.Length) file.SetLength(end);
            if (end <= RotateAtBytes)
            {
                Write(file, end, JournalJson.Write(line));
                if (isNew) FolderFlush.ToDisk(folder.FullName);
                return;
            }
        }

        Rotate(line);
    });

    /// <exception cref="SourceException">The file is there and can't be read.</exception>
    public IReadOnlyList<JournalLine> Unfinished() => folder.Guard("read", () => Interrupted(ReadLines()));

    /// <exception cref="SourceException">The file is there and can't be read.</exception>
    public IReadOnlyList<JournalLine> Owed() => folder.Guard("read", () => Owed(ReadLines()));

    private static List<JournalLine> Owed(List<JournalLine> lines) =>
        [.. Open([.. lines.Where(line => line.Mark is JournalMark.PutBack || line is { Mark: JournalMark.Intent, Names.Count: > 0 })]).TakeLast(MostOwed)];

    // names that stand again say nothing of the image: that is looked at afresh all the same
    private static List<JournalLine> Interrupted(List<JournalLine> lines) => Open([.. lines.Where(line => line.Mark != JournalMark.PutBack)]);

    private static List<JournalLine> Open(List<JournalLine> lines)
    {
        var open = new Dictionary<(string Run, int Act), (int At, JournalLine Line)>();
        foreach (var (at, line) in lines.Index())
        {
            open.Remove((line.Run, line.Act));
            if (line.Mark == JournalMark.Intent) open[(line.Run, line.Act)] = (at, line);
        }

        return [.. open.Values.OrderBy(intent => intent.At).Select(intent => intent.Line)];
    }

    private void Rotate(JournalLine line)
    {
        // with its outcome, where it has one: what is merely owed is no interrupted act
        var lines = ReadLines();
        var open = Interrupted(lines).Concat(Owed(lines)).Select(intent => (intent.Run, intent.Act)).ToHashSet();
        var kept = lines.Where(candidate => open.Contains((candidate.Run, candidate.Act)));
        // a copy, not a rename: there must be no moment without a journal that holds the open intents
        File.Copy(folder[Name], folder[Name + ".1"], overwrite: true);
        folder.Replace(Name, [.. kept.Append(line).SelectMany(JournalJson.Write)]);
    }

    private static void Write(FileStream file, long end, byte[] line)
    {
        try
        {
            file.Position = end;
            file.Write(line);
            file.Flush(flushToDisk: true);
        }
        catch (IOException)
        {
            CutOff(file, end);
            throw;
        }
    }

    // where even this fails, the next reader drops the torn line and the next writer cuts it off
    private static void CutOff(FileStream file, long end)
    {
        try
        {
            file.SetLength(end);
        }
        catch (IOException)
        {
        }
    }

    private static long EndOfLastLine(FileStream file)
    {
        var block = new byte[4096];
        for (var end = file.Length; end > 0;)
        {
            var start = Math.Max(0, end - block.Length);
            var part = block.AsSpan(0, (int)(end - start));
            file.Position = start;
            file.ReadExactly(part);
            var at = part.LastIndexOf((byte)'\n');
            if (at >= 0) return start + at + 1;
            end = start;
        }

        return 0;
    }

    private List<JournalLine> ReadLines()
    {
        var lines = new List<JournalLine>();
        var skipped = 0;
        ReadOnlyMemory<byte> rest = ReadTail();
        for (int at; (at = rest.Span.IndexOf((byte)'\n')) >= 0; rest = rest[(at + 1)..])
        {
            if (JournalJson.ReadLine(rest[..at]) is { } line) lines.Add(line);
            else skipped++;
        }

        if (skipped > 0) told($"{folder[Name]}: {skipped} line{(skipped == 1 ? " is" : "s are")} not of a journal and {(skipped == 1 ? "was" : "were")} skipped");
        return lines;
    }

    private FileStream? OpenIfThere()
    {
        try
        {
            return folder.Open(Name, FileMode.Open, FileAccess.Read);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private byte[] ReadTail()
    {
        using var file = OpenIfThere();
        if (file is null) return [];
        var length = (int)Math.Min(file.Length, MostBytesRead);
        if (length < file.Length) told($"{folder[Name]} is larger than this program writes it; only its last {MostBytesRead >> 20} MiB were read");
        file.Position = file.Length - length;
        var bytes = new byte[length];
        return bytes[..file.ReadAtLeast(bytes, length, throwOnEndOfStream: false)];
    }
}
