namespace AppPreflight.Rehearsal;

/// <summary>One contestant's rounds.</summary>
/// <param name="Section">Rows of one section were run in turn and are about the same bytes.</param>
/// <param name="PeakBytes">The most memory in any round; null where several processes share the work.</param>
/// <param name="Bytes">What one round has to read; 0 where that says nothing.</param>
internal sealed record BenchRow(string Section, string Name, IReadOnlyList<TimeSpan> Times, long? PeakBytes, long Bytes)
{
    public TimeSpan Median => Middle(Times);

    public static TimeSpan Middle(IEnumerable<TimeSpan> times)
    {
        var sorted = times.Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }
}

/// <summary>What a goal asks and what was measured; both in the same unit, lower is better.</summary>
internal sealed record BenchGoal(string Name, double Measured, double Limit)
{
    public bool Met => Measured <= Limit;
}

/// <summary>What the image of a bench consists of.</summary>
internal sealed record BenchSubject(int Files, long TarBytes, long BlobBytes, IReadOnlyList<long> LayerBytes);

/// <summary>SHA-256 of this machine in bytes a second.</summary>
internal sealed record BenchRates(double OneThread, double AllCores, int Cores)
{
    /// <summary>No program that hashes these bytes on this machine can be faster.</summary>
    public TimeSpan Bound(long bytes) => TimeSpan.FromSeconds(bytes / (OneThread * Cores));
}

/// <summary>Everything one run of the bench has measured.</summary>
internal sealed record BenchResult(
    BenchSubject Subject, BenchRates Rates, IReadOnlyList<BenchRow> Rows, int Rounds, IReadOnlyList<(string Name, string Value)> Machine)
{
    public const string Stored = "stored, warm";
    public const string Served = "served, warm";
    public const string Cold = "stored, cold";
    public const string Check = "check, warm";
    public const string Big = "large file";

    public const string OursStored = "app-preflight verify --stored";
    public const string Save = "docker save to a pipe";
    public const string OpenSsl = "openssl dgst -sha256";
    public const string OursServed = "app-preflight verify --served";
    public const string Skopeo = "skopeo copy docker:// dir:";
    public const string Pull = "docker pull";
    public const string OursCheck = "app-preflight check";
    public const string Inspect = "skopeo inspect, three calls";

    private const string Ours = "app-preflight ";
    private const double MegaByte = 1e6;

    /// <summary>Why there is no cold figure, or null.</summary>
    public string? NotCold { get; init; }

    /// <summary>The goals of issue 3 of 5.</summary>
    public IReadOnlyList<BenchGoal> Goals =>
    [
        new("stored: verify : docker save", Ratio(Row(Stored, OursStored), Row(Stored, Save)), 0.125),
        new("stored: verify : openssl", Ratio(Row(Stored, OursStored), Row(Stored, OpenSsl)), 0.8),
        new("served: verify : skopeo copy", Ratio(Row(Served, OursServed), Row(Served, Skopeo)), 0.7),
        new("peak memory of verify --stored, MB", Row(Stored, OursStored).PeakBytes!.Value / MegaByte, 150),
        new("peak memory of verify --served, MB", Row(Served, OursServed).PeakBytes!.Value / MegaByte, 150),
        .. Rows.Where(row => row is { Section: Big, PeakBytes: not null }).Select(row => new BenchGoal($"peak memory of {row.Name[Ours.Length..]}, {Big}, MB", row.PeakBytes!.Value / MegaByte, 150)),
    ];

    public BenchRow Row(string section, string name) => Rows.Single(row => row.Section == section && row.Name == name);

    public static double Ratio(BenchRow ours, BenchRow theirs) => ours.Median / theirs.Median;
}
