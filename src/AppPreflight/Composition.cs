using AppPreflight.Cli;
using AppPreflight.Journal;

namespace AppPreflight;

/// <summary>Where ports meet adapters.</summary>
internal static class Composition
{
    public static RunDoors Open(Settings settings, Action<string> told) => new()
    {
        RunAsync = static (_, _, _) => throw new InvalidOperationException("not wired yet"),
        VerifyAsync = static (_, _, _, _) => throw new InvalidOperationException("not wired yet"),
        InstalledAppsAsync = static _ => throw new InvalidOperationException("not wired yet"),
        Journal = new JournalDirectory(settings.State, told),
    };
}
