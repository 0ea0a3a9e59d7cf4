using AppPreflight.Checks;

namespace AppPreflight.Cli;

/// <summary>Exit codes, fixed for ever: docs/formats.md.</summary>
internal static class ExitCode
{
    /// <summary>Warnings too.</summary>
    public const int Pass = 0;

    public const int Fail = 1;

    /// <summary>Also: interrupted, or the output could not be written.</summary>
    public const int CouldNotTell = 2;

    public const int LockHeld = 10;
    public const int WrongUsage = 64;
    public const int Bug = 70;

    public static int Of(Verdict verdict) => verdict switch
    {
        Verdict.Pass or Verdict.Warn => Pass,
        Verdict.Fail => Fail,
        _ => CouldNotTell,
    };
}
