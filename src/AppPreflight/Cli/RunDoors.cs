using AppPreflight.Apps;
using AppPreflight.Checks;
using AppPreflight.Control;
using AppPreflight.Images;
using AppPreflight.Pairs;
using AppPreflight.Ports;
using AppPreflight.Runs;

namespace AppPreflight.Cli;

/// <summary>What the commands ask of the rest of the program. Composition fills it; nothing is opened before it is called.</summary>
internal sealed record RunDoors
{
    /// <summary>One run. The command holds the lock for checks and repairs.</summary>
    public required RunDoor RunAsync { get; init; }

    /// <summary>The agent of this appliance, which then runs what is asked for; null when none lives that this user may speak to.</summary>
    public Func<CancellationToken, Task<ControlClient?>> AgentAsync { get; init; } = static _ => Task.FromResult<ControlClient?>(null);

    /// <summary>One image, bytes against digests; changes nothing; its report is no app's last one.</summary>
    public required Func<string, Sides, IProgress<RunEvent>, CancellationToken, Task<PreflightReport>> VerifyAsync { get; init; }

    /// <summary>Two images beside each other; changes nothing. Throws <see cref="SourceException"/> where the documents of one can't be had.</summary>
    public required Func<ImageAddress, ImageAddress, TagGrade, IProgress<RunEvent>, CancellationToken, Task<ImageComparison>> CompareAsync { get; init; }

    /// <summary>All installed apps with containers, for <c>--all</c>. Throws <see cref="SourceException"/>.</summary>
    public required Func<CancellationToken, Task<IReadOnlyList<InstalledApp>>> InstalledAppsAsync { get; init; }

    /// <summary>The same apps for <c>status</c>: at once, without the whole catalogue where that can be. Throws <see cref="SourceException"/>.</summary>
    public required Func<CancellationToken, Task<IReadOnlyList<InstalledApp>>> InstalledAtAGlanceAsync { get; init; }

    /// <summary>What the agent knows; null when none is running.</summary>
    public Func<CancellationToken, Task<AgentStatus?>> AgentStatusAsync { get; init; } = static _ => Task.FromResult<AgentStatus?>(null);

    public required IJournal Journal { get; init; }
}

/// <summary>One run, here or by the agent.</summary>
internal delegate Task<PreflightReport> RunDoor(RunRequest request, IProgress<RunEvent> events, CancellationToken cancellationToken);
