using AppPreflight.Ports;

namespace AppPreflight.Pipeline;

/// <summary>After a crash: an intent without outcome becomes a fresh look at that image, never a blind repeat.</summary>
internal sealed class Reconciler(IJournal journal, TimeProvider time)
{
    /// <summary>The interrupted acts of one app; their images are due for a look at depth Content.</summary>
    /// <remarks>A journal nobody can read interrupts no look; a repair will find that it can't be written either.</remarks>
    public IReadOnlyList<JournalLine> Interrupted(string app, Action<string> note)
    {
        try
        {
            return [.. journal.Unfinished().Where(line => line.App == app)];
        }
        catch (SourceException e)
        {
            note($"the journal cannot be read: {e.Message}");
            return [];
        }
    }

    /// <summary>Closes them, once the fresh look has been taken. What can't be written stays open for the next run.</summary>
    public void Close(IEnumerable<JournalLine> interrupted, Action<string> note)
    {
        try
        {
            foreach (var line in interrupted)
                journal.Append(line with { Mark = JournalMark.Reconciled, At = time.GetUtcNow(), Of = null, Names = [] });
        }
        catch (SourceException e)
        {
            note($"the journal cannot be written: {e.Message}");
        }
    }
}
