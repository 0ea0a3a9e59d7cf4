namespace AppPreflight.Control;

/// <summary>What one client may take from all others: places, bytes and time.</summary>
internal sealed record ControlLimits
{
    /// <summary>Bytes of a request without its line end.</summary>
    public const int RequestBytes = 64 << 10;

    /// <summary>Connections of root and of the agent's own user; nobody else can fill these.</summary>
    public int OwnerPlaces { get; init; } = 64;

    /// <summary>Connections of all other users together.</summary>
    public int ReaderPlaces { get; init; } = 64;

    /// <summary>Connections of one of them.</summary>
    public int PlacesPerUser { get; init; } = 8;

    /// <summary>From the hello to the first request.</summary>
    public TimeSpan FirstRequest { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>From a line's first byte to its end.</summary>
    public TimeSpan HalfLine { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Between an answer and the next request.</summary>
    public TimeSpan Idle { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Until a client has taken the next piece of an answer.</summary>
    public TimeSpan Write { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Events that wait for one slow client; what comes beyond is dropped.</summary>
    public int QueuedEvents { get; init; } = 512;

    /// <summary>Bytes that moved are told no more often than this.</summary>
    public TimeSpan EventPace { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>How old a status may be that is handed to a user who is not root.</summary>
    public TimeSpan StatusAge { get; init; } = TimeSpan.FromMilliseconds(250);
}
