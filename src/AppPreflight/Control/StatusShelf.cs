namespace AppPreflight.Control;

/// <summary>The status as a finished line. Users who are not root share one for a moment: however many ask, it is made a few times a second.</summary>
internal sealed class StatusShelf(IControlDesk desk, TimeSpan longest, TimeProvider time)
{
    private readonly Lock gate = new();
    private ReadOnlyMemory<byte> kept;
    private long keptSince;

    public ReadOnlyMemory<byte> Of(Access access)
    {
        if (access == Access.Run) return ControlJson.Status(desk.Status);
        lock (gate)
        {
            if (!kept.IsEmpty && time.GetElapsedTime(keptSince) < longest) return kept;
            (kept, keptSince) = (ControlJson.Status(desk.Status), time.GetTimestamp());
            return kept;
        }
    }
}
