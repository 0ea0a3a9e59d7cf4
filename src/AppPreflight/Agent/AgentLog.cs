using Microsoft.Extensions.Logging;

// run and finding stand in no sentence: they are fields
#pragma warning disable SYSLIB1015

namespace AppPreflight.Agent;

/// <summary>Every line the agent logs. {App}, {Run} and {Finding} become fields of journald's.</summary>
internal static partial class AgentLog
{
    [LoggerMessage(1, LogLevel.Information, "agent {Version} serves {Socket}; engine {Host}")]
    public static partial void Serves(this ILogger log, string version, string socket, string host);

    [LoggerMessage(2, LogLevel.Information, "the agent ends")]
    public static partial void Ends(this ILogger log);

    [LoggerMessage(3, LogLevel.Information, "{Verb} of {App} begins ({Why})")]
    public static partial void Begins(this ILogger log, string verb, string app, string why, string run);

    [LoggerMessage(4, LogLevel.Information, "{Verb} of {App} ends after {Seconds} s: {Verdict}{Summary}")]
    public static partial void RunEnded(this ILogger log, string verb, string app, string seconds, string verdict, string summary, string run);

    [LoggerMessage(5, LogLevel.Warning, "{Subject}: {Message}")]
    public static partial void Found(this ILogger log, string subject, string message, string app, string run, string finding);

    [LoggerMessage(6, LogLevel.Information, "{Verb} of {App} gave way to a gate and comes again after it")]
    public static partial void GaveWay(this ILogger log, string verb, string app, string run);

    [LoggerMessage(7, LogLevel.Information, "{Verb} of {App} was stopped")]
    public static partial void Stopped(this ILogger log, string verb, string app, string run);

    [LoggerMessage(8, LogLevel.Warning, "{Verb} of {App} could not run: {Message}")]
    public static partial void RunFailed(this ILogger log, string verb, string app, string run, string message);

    [LoggerMessage(9, LogLevel.Error, "{Verb} of {App} met a bug, please report it: {Type}: {Message}")]
    public static partial void Bug(this ILogger log, string verb, string app, string run, string type, string message);

    [LoggerMessage(10, LogLevel.Debug, "{App}: the bug's place: {Trace}")]
    public static partial void BugTrace(this ILogger log, string app, string trace);

    [LoggerMessage(11, LogLevel.Warning, "{Verb} of {App} told nothing for 15 minutes and was stopped (idle limit)")]
    public static partial void IdleLimit(this ILogger log, string verb, string app, string run);

    [LoggerMessage(12, LogLevel.Warning, "{Message}; the agent goes on, but repairs have to wait")]
    public static partial void JournalBroken(this ILogger log, string message);

    [LoggerMessage(13, LogLevel.Information, "the state directory can be used again")]
    public static partial void JournalMended(this ILogger log);

    [LoggerMessage(14, LogLevel.Information, "trigger: {Why}")]
    public static partial void Triggered(this ILogger log, string why, string app);

    [LoggerMessage(15, LogLevel.Warning, "waiting for the engine: {Message}")]
    public static partial void EngineAway(this ILogger log, string message);

    [LoggerMessage(16, LogLevel.Information, "the engine answers: {Engine}")]
    public static partial void EngineAnswers(this ILogger log, string engine);

    [LoggerMessage(17, LogLevel.Warning, "the configuration was not taken: {Message}; {Instead}")]
    public static partial void ConfigBroken(this ILogger log, string message, string instead);

    [LoggerMessage(18, LogLevel.Information, "the configuration was read again")]
    public static partial void ConfigRead(this ILogger log);

    [LoggerMessage(19, LogLevel.Warning, "the installed apps can't be told: {Message}; next attempt in a minute")]
    public static partial void AppsUnreadable(this ILogger log, string message);

    [LoggerMessage(20, LogLevel.Warning, "{Message}")]
    public static partial void Told(this ILogger log, string message);

    [LoggerMessage(21, LogLevel.Information, "{App}: an earlier run was interrupted; it is looked at first")]
    public static partial void Interrupted(this ILogger log, string app);

    [LoggerMessage(22, LogLevel.Error, "the agent met a bug and ends, please report it: {Type}: {Message}")]
    public static partial void AgentBug(this ILogger log, string type, string message);

    [LoggerMessage(23, LogLevel.Information, "scrub: {Layers} stored layers ({Bytes} bytes) read in {Seconds} s, {Damaged} of them damaged, {Left} left for another night")]
    public static partial void Scrubbed(this ILogger log, int layers, long bytes, string seconds, int damaged, int left);

    [LoggerMessage(24, LogLevel.Warning, "scrub: {Image}: the stored layer {Layer} is not as it was pulled: {What}")]
    public static partial void LayerDamaged(this ILogger log, string image, string layer, string what, string app);

    [LoggerMessage(25, LogLevel.Warning, "scrub: stored layers can't be read: {Message}")]
    public static partial void ScrubImpossible(this ILogger log, string message);
}
