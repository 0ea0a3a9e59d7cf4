using System.Diagnostics;
using System.Globalization;

namespace AppPreflight.Rehearsal;

/// <summary>Wall time of a warm check of the whole chain beside three calls of <c>skopeo inspect</c>, in one run on one machine.</summary>
internal static class BenchCommand
{
    private const int WarmUps = 2;
    private const int Rounds = 10;

    /// <summary>The goal of the product: what three calls of skopeo take, plus this for its own start.</summary>
    private static readonly TimeSpan Allowance = TimeSpan.FromMilliseconds(60);

    public static async Task<int> RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        var program = arguments.Program ?? throw new UsageException("bench needs --program PATH");
        await using var stage = await Stage.OpenAsync(new(arguments.Port), cancellationToken);
        var options = new ApplianceOptions { LayerSizeBytes = arguments.LayerMebibytes << 20, IntermediateStored = true };
        await using var appliance = await Appliance.BuildAsync(stage, options, cancellationToken);
        await stage.Engine.Api.FetchAsync(appliance.TargetReference, null, cancellationToken);
        string[] images = [appliance.InstalledReference, appliance.IntermediateReference, appliance.TargetReference];
        var (checks, inspections) = (new List<TimeSpan>(), new List<TimeSpan>());
        for (var round = 0; round < WarmUps + Rounds; round++)
        {
            var check = await TimeAsync(() => CheckAsync(program, appliance, cancellationToken));
            var inspection = await TimeAsync(() => InspectAsync(images, cancellationToken));
            if (round < WarmUps) continue;
            checks.Add(check);
            inspections.Add(inspection);
        }

        return Report(Median(checks), Median(inspections));
    }

    private static int Report(TimeSpan check, TimeSpan inspections)
    {
        var met = check <= inspections + Allowance;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
            app-preflight check (whole chain, warm)  {check.TotalMilliseconds,6:0} ms
            skopeo inspect, three calls              {inspections.TotalMilliseconds,6:0} ms
            ratio                                    {check / inspections,6:0.00}
            goal (at most theirs + {Allowance.TotalMilliseconds:0} ms)            {(met ? "   met" : "missed")}
            medians of {Rounds} rounds, taken in turn, after {WarmUps} warm-ups
            """));
        return met ? 0 : 1;
    }

    private static async Task<TimeSpan> TimeAsync(Func<Task> act)
    {
        var clock = Stopwatch.StartNew();
        await act();
        return clock.Elapsed;
    }

    private static TimeSpan Median(List<TimeSpan> times) => times.Order().ElementAt(times.Count / 2);

    private static Task CheckAsync(string program, Appliance appliance, CancellationToken cancellationToken) => QuietAsync(
        program,
        ["check", Appliance.App, "--plain", "--root", appliance.Root, "--host", appliance.Stage.Engine.Host, "--state", appliance.State],
        cancellationToken);

    private static async Task InspectAsync(IEnumerable<string> images, CancellationToken cancellationToken)
    {
        foreach (var image in images)
            await QuietAsync("skopeo", ["inspect", "--tls-verify=false", $"docker://{image}"], cancellationToken);
    }

    private static async Task QuietAsync(string program, string[] words, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program, words)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start) ?? throw new RehearsalException($"cannot start {program}");
        var error = process.StandardError.ReadToEndAsync(cancellationToken);
        await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        if (process.ExitCode != 0)
            throw new RehearsalException($"{program} {string.Join(' ', words)} ended with {process.ExitCode}: {await error}");
    }
}
