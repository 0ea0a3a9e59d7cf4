using System.Threading.Channels;
using AppPreflight.Apps;
using AppPreflight.Ports;
using AppPreflight.Runs;
using Microsoft.Extensions.Logging;

namespace AppPreflight.Agent;

/// <summary>The loop whose coming round is what the watchdog hears: turns triggers into requests, tries again what is due, supervises the queue.</summary>
internal sealed class WorkLoop(AgentParts parts, RunQueue queue, RetryPlan retries, ConfigDesk config, ILogger log)
{
    /// <summary>A run that tells nothing for so long is stopped. A large pull tells something all the time.</summary>
    public static readonly TimeSpan IdleLimit = TimeSpan.FromMinutes(15);

    /// <summary>How long a stopped run may take to end; after that the watchdog does it.</summary>
    private static readonly TimeSpan StopGrace = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan Unreadable = TimeSpan.FromMinutes(1);
    public static readonly TimeSpan LongestRound = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan ReadLimit = TimeSpan.FromSeconds(10);

    private readonly Channel<Trigger> triggers = Channel.CreateBounded<Trigger>(
        new BoundedChannelOptions(1000) { SingleReader = true, FullMode = BoundedChannelFullMode.DropOldest });

    private HashSet<string> interrupted = [];
    private string? appsFault;
    private long? unreadableSince;
    private volatile bool isOpen;
    private volatile bool isOutdated;

    /// <summary>What is installed, as of the last look at all apps; null before the first.</summary>
    public IReadOnlyList<InstalledApp>? Installed { get; private set; }

    /// <summary>The first look was put into the queue, or could not be.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>When this loop looks again by itself, the nightly look apart.</summary>
    public DateTimeOffset? Next => (retries.Next, AllAgain) switch
    {
        ({ } one, { } all) => one < all ? one : all,
        (var one, var all) => one ?? all,
    };

    /// <summary>Comes round at least this often.</summary>
    public TimeSpan Round { get; init; } = LongestRound;

    /// <summary>After each round in which all was well.</summary>
    public required Action CameRound { get; init; }

    /// <summary>The last report of an app; null where there is none.</summary>
    public Func<string, PreflightReport?> Last { get; init; } = static _ => null;

    public bool IsInstalled(string app) => Installed?.Any(installed => installed.Id == app) == true;

    /// <summary>What a run read of an app. Where another version is known here, the host's files changed and back between two looks: they are read again, and nothing is run for it.</summary>
    public void Saw(string app, string? version)
    {
        if (version is not null && Installed?.FirstOrDefault(installed => installed.Id == app) is { } known && known.Version != version) isOutdated = true;
    }

    public void Take(Trigger trigger) => triggers.Writer.TryWrite(trigger);

    /// <summary>The engine answers for the first time: what the last run of this program left open, then all apps. Before it, nothing is looked at.</summary>
    public void Open()
    {
        isOpen = true;
        Take(new("the agent was started", null));
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        interrupted = Interrupted();
        await ReadInstalledAsync(cancellationToken);
        Task<bool>? arrival = null;
        while (true)
        {
            CameRound();
            arrival ??= triggers.Reader.WaitToReadAsync(cancellationToken).AsTask();
            await ((Task)arrival.WaitAsync(Round, parts.Time, cancellationToken)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
            if (arrival.IsCompleted) arrival = null;
            await DispatchAsync(cancellationToken);
            // a run that does not even end when it is stopped: silence is what tells the watchdog
            while (queue.StopSilent(IdleLimit) > IdleLimit + StopGrace) await Task.Delay(Round, parts.Time, cancellationToken);
        }
    }

    private async Task DispatchAsync(CancellationToken cancellationToken)
    {
        var happened = new List<Trigger>();
        while (triggers.Reader.TryRead(out var trigger)) happened.Add(trigger);
        if (AllAgain <= parts.Time.GetUtcNow()) happened.Add(new("trying again", null));
        // an app's own trigger may be the first to tell that it is there
        var isRead = (happened.Count > 0 || isOutdated) && await ReadInstalledAsync(cancellationToken);
        if (!isOpen) return;
        foreach (var trigger in happened) Dispatch(trigger, isRead);
        foreach (var app in retries.TakeDue()) Add(app, "trying again");
    }

    private void Dispatch(Trigger trigger, bool isRead)
    {
        HasBegun = true;
        log.Triggered(trigger.Why, trigger.App ?? "");
        if (!isRead) return;
        foreach (var app in Installed!.Select(app => app.Id).Where(app => trigger.App is null || trigger.App == app)
            .OrderByDescending(interrupted.Contains).ThenBy(app => app, StringComparer.Ordinal)) Add(app, trigger.Why);
    }

    private void Add(string app, string why)
    {
        var wasInterrupted = interrupted.Remove(app);
        if (BackgroundPolicy.First(app, config.Current.Of(app), wasInterrupted, Last(app)) is not { } request) return;
        if (wasInterrupted) log.Interrupted(app);
        if (!queue.Add(request, why)) log.Told($"{RunQueue.Longest} requests are waiting already; {app} is not looked at now");
    }

    // what is being read may hang on a disk; the watchdog must not take that for the end of the agent
    private async Task<bool> ReadInstalledAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(ReadLimit, parts.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            isOutdated = false;
            Installed = await parts.InstalledAppsAsync(both.Token);
            (appsFault, unreadableSince) = (null, null);
            retries.Keep(Installed.Select(app => app.Id).ToHashSet(StringComparer.Ordinal));
            return true;
        }
        catch (SourceException e)
        {
            TryAppsAgain(e.Message);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            TryAppsAgain($"they could not be read within {ReadLimit.TotalSeconds} s");
        }

        return false;
    }

    private void TryAppsAgain(string reason)
    {
        if (appsFault != reason) log.AppsUnreadable(reason);
        appsFault = reason;
        unreadableSince = parts.Time.GetTimestamp();
    }

    // told as a time of the wall clock, counted by one that nobody can set
    private DateTimeOffset? AllAgain => unreadableSince is { } since ? parts.Time.GetUtcNow() + Unreadable - parts.Time.GetElapsedTime(since) : null;

    private HashSet<string> Interrupted()
    {
        try
        {
            return parts.Journal.Unfinished().Select(line => line.App).ToHashSet(StringComparer.Ordinal);
        }
        catch (SourceException e)
        {
            log.JournalBroken(e.Message);
            return [];
        }
    }
}
