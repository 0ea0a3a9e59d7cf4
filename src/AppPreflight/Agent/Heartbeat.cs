using AppPreflight.Ports;

namespace AppPreflight.Agent;

/// <summary>The one clock of the agent: every five seconds a look at this host's stamps and at the wall clock.</summary>
internal sealed class Heartbeat(IApplianceWatch appliance, Schedule schedule, TimeProvider time)
{
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    /// <summary>A reason to look; called on the heartbeat itself, so it has to be quick.</summary>
    public required Action<Trigger> Tell { get; init; }

    /// <summary>The nightly hour has come; called after the nightly look was told.</summary>
    public Action Night { get; init; } = static () => { };

    /// <summary>The configuration file is another one.</summary>
    public required Action ConfigChanged { get; init; }

    /// <summary>Until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        var rule = new StampRule(appliance.Take());
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            Report(rule.Look(appliance.Take(), time.GetElapsedTime(start)));
            if (!schedule.IsDue()) continue;
            Tell(new("nightly", null));
            Night();
        }
    }

    private void Report(StampNews news)
    {
        if (news.Config) ConfigChanged();
        foreach (var trigger in news.Triggers) Tell(trigger);
    }
}
