using AppPreflight.Ports;
using AppPreflight.Runs;

namespace AppPreflight.Cli;

/// <summary>The run in progress, in one sentence.</summary>
internal static class HolderText
{
    public static string Of(RunHolder? holder, DateTimeOffset now) => holder is null
        ? "another run is going on"
        : $"a {holder.Verb.Wire()} of {holder.App} is going on, started {Amounts.Age(now - holder.Started)} by process {holder.ProcessId}";
}
