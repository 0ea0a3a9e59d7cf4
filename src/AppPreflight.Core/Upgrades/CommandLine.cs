using AppPreflight.Apps;

namespace AppPreflight.Upgrades;

/// <summary>What <c>univention-app upgrade APP</c> does first.</summary>
public enum CommandLineOutcome
{
    /// <summary>It goes for <see cref="CommandLineAnswer.Target"/>.</summary>
    Step,

    /// <summary>No candidate: it goes for the installed (or newest) version and is refused later, exit code 1.</summary>
    Self,

    /// <summary>It prints <see cref="CommandLineAnswer.Message"/> and ends with exit code 0, as if all were well.</summary>
    Refused,

    /// <summary>It does not know the app, exit code 2.</summary>
    UnknownApp,

    /// <summary>A traceback, exit code 1.</summary>
    Crash,

    /// <summary>Depends on an answer of the registry that is missing.</summary>
    Undecided,
}

/// <summary>The answer of the command line; its exit code hides a refusal, so reports repeat the message.</summary>
public sealed record CommandLineAnswer(CommandLineOutcome Outcome, AppRelease? Target = null, string? Message = null);

/// <summary>How the command line picks its target: it sees all releases, the candidate search only those that support this UCS version.</summary>
/// <remarks>Source: appcenter/actions/upgrade.py, main(); appcenter-docker/actions/docker_upgrade.py, _app_too_old().</remarks>
internal static class CommandLineRule
{
    private const string Older = "The app you specified is older than the currently installed app";

    public static CommandLineAnswer Answer(string app, HostState host, AppView all, AppView supported, CandidateRule candidates)
    {
        if (all.Find(app, host) is not { } specified)
            return new(CommandLineOutcome.UnknownApp, Message: $"Unable to find app {app}");
        if (supported.Find(app, host) is not { } current)
            return new(CommandLineOutcome.Crash, Message: $"no version of {app} supports this UCS version");
        return ReleaseOrder.Instance.Compare(specified, current) == 0
            ? OfCandidate(current, candidates.Next(current, host))
            : OfOther(specified, current);
    }

    private static CommandLineAnswer OfCandidate(AppRelease current, Candidate candidate) => candidate switch
    {
        { Crash: { } crash } => new(CommandLineOutcome.Crash, Message: crash),
        { Missing: not null } => new(CommandLineOutcome.Undecided),
        { Release: { } release } => new(CommandLineOutcome.Step, release),
        _ => current.IsDocker ? new(CommandLineOutcome.Self, current) : Refusal(current),
    };

    private static CommandLineAnswer OfOther(AppRelease specified, AppRelease current) =>
        ReleaseOrder.Instance.Compare(current, specified) < 0
            ? new(CommandLineOutcome.Step, specified)
            : Refusal(current);

    private static CommandLineAnswer Refusal(AppRelease current) =>
        new(CommandLineOutcome.Refused, Message: current.IsDocker ? Older
            : $"A newer version of {current.Id} than the one installed must be present and chosen");
}
