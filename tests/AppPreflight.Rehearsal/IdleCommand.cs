using System.Diagnostics;
using System.Globalization;

namespace AppPreflight.Rehearsal;

/// <summary>What the agent costs an appliance on which nothing happens: resident memory, and processor time of all its threads.</summary>
internal static class IdleCommand
{
    private const double MemoryGoalMebibytes = 42;
    private static readonly TimeSpan Settled = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan TimeGoal = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan GoalSpan = TimeSpan.FromMinutes(10);

    public static async Task<int> RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        var program = arguments.Program ?? throw new UsageException("idle needs --program PATH");
        await using var stage = await Stage.OpenAsync(new(arguments.Port), cancellationToken);
        await using var appliance = await Appliance.BuildAsync(stage, new(), cancellationToken);
        using var agent = Start(program, appliance);
        try
        {
            Console.WriteLine("the agent has one minute for its first look at the appliance, and what it heals ...");
            await Task.Delay(Settled, cancellationToken);
            return await WatchAsync(agent, arguments.Minutes, cancellationToken);
        }
        finally
        {
            agent.Kill();
            await agent.WaitForExitAsync(CancellationToken.None);
        }
    }

    private static async Task<int> WatchAsync(Process agent, int minutes, CancellationToken cancellationToken)
    {
        var before = ProcessorTime(agent.Id);
        for (var minute = 1; minute <= minutes; minute++)
        {
            await Task.Delay(TimeSpan.FromMinutes(1), cancellationToken);
            if (agent.HasExited) throw new RehearsalException($"the agent ended with {agent.ExitCode}");
            Tell($"{minute,3} min  {Mebibytes(agent.Id),5:0.0} MiB  {(ProcessorTime(agent.Id) - before).TotalMilliseconds,6:0} ms");
        }

        var (memory, time) = (Mebibytes(agent.Id), ProcessorTime(agent.Id) - before);
        var met = memory <= MemoryGoalMebibytes && time <= TimeGoal * (minutes / GoalSpan.TotalMinutes);
        Tell($"goal     {MemoryGoalMebibytes,5:0.0} MiB  {TimeGoal.TotalMilliseconds * minutes / GoalSpan.TotalMinutes,6:0} ms  {(met ? "met" : "missed")}");
        return met ? 0 : 1;
    }

    // as debian/app-preflight.service starts it
    private static Process Start(string program, Appliance appliance)
    {
        var start = new ProcessStartInfo(program, ["agent", "--root", appliance.Root, "--host", appliance.Stage.Engine.Host, "--state", appliance.State])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            Environment =
            {
                ["DOTNET_EnableDiagnostics"] = "0",
                ["DOTNET_TieredCompilation"] = "0",
                ["DOTNET_GCgen0size"] = "0x400000",
                ["DOTNET_ThreadPool_UnfairSemaphoreSpinLimit"] = "0",
            },
        };
        var agent = Process.Start(start) ?? throw new RehearsalException($"cannot start {program}");
        agent.ErrorDataReceived += (_, line) => Console.WriteLine(line.Data);
        agent.BeginErrorReadLine();
        return agent;
    }

    private static double Mebibytes(int processId)
    {
        var line = File.ReadLines($"/proc/{processId}/status").First(text => text.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.AsSpan("VmRSS:".Length, line.Length - "VmRSS: kB".Length), NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture) / 1024.0;
    }

    // utime and stime in hundredths of a second; threads that have ended are in them, as they are not in schedstat. proc(5)
    private static TimeSpan ProcessorTime(int processId)
    {
        var text = File.ReadAllText($"/proc/{processId}/stat");
        var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
        return TimeSpan.FromMilliseconds(10) * (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture));
    }

    private static void Tell(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
