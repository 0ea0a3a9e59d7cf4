using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace AppPreflight.Rehearsal;

/// <summary>How a trial came out.</summary>
/// <param name="Faults">What did not come true, as sentences; none: the product kept its promises for this damage.</param>
internal sealed record TrialOutcome(Damage Damage, IReadOnlyList<string> Faults)
{
    /// <summary>Of the first look, and at the end.</summary>
    public string Verdict { get; init; } = "";

    public string LastVerdict { get; init; } = "";

    public IReadOnlyList<string> Culprits { get; init; } = [];

    /// <summary>Every finding code that the program told.</summary>
    public IReadOnlyList<string> Codes { get; init; } = [];

    public TimeSpan Elapsed { get; init; }

    public bool IsAsExpected => Faults.Count == 0;
}

/// <summary>
/// One damage, the real executable, the whole way: check, repair, check again. After it the installed version still has to be
/// there, complete, and its container has to start.
/// </summary>
internal sealed class Trial(Appliance appliance, Damage damage, Executable program)
{
    private readonly List<string> faults = [];
    private readonly List<JsonNode> reports = [];

    private Engine Engine => appliance.Stage.Engine;

    public static async Task<TrialOutcome> RunAsync(
        Stage stage, string program, string name, Damage damage, CancellationToken cancellationToken)
    {
        if (damage.NeedsOwnDisk)
        {
            await using var own = await LoopStage.OpenAsync(cancellationToken);
            return await RunAsync(own.Stage, program, name, damage with { NeedsOwnDisk = false }, cancellationToken);
        }

        var start = Stopwatch.GetTimestamp();
        var options = new ApplianceOptions(name) { LayerSizeBytes = 200_000 };
        await using var appliance = await Appliance.BuildDamagedAsync(stage, options, [damage], cancellationToken);
        var trial = new Trial(appliance, damage, new(program, appliance));
        await trial.RunAsync(cancellationToken);
        return trial.Outcome(Stopwatch.GetElapsedTime(start));
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        var start = await Engine.Api.SnapshotAsync(cancellationToken);
        await RunAsync("check", damage.Check, damage.Exit, damage.Before, cancellationToken);
        Expect("check changed what the engine holds", start.SameAs(await Engine.Api.SnapshotAsync(cancellationToken)));

        var exit = damage.ExitAfter ?? (damage.Curable ? 0 : damage.Exit);
        await RunAsync("repair", damage.Repair, exit, damage.Repaired ?? damage.After, cancellationToken);
        var culprits = Culprits;
        Compare("culprit", damage.Culprit ?? "none", culprits.Count == 0 ? "none" : string.Join(", ", culprits));
        await RunAsync("check after repair", damage.Check, exit, damage.After, cancellationToken);

        var end = await Engine.Api.SnapshotAsync(cancellationToken);
        Expect("the running container was touched", start.Containers.SequenceEqual(end.Containers));
        await (damage.Curable ? ExpectCompleteAsync(cancellationToken) : ExpectNothingPurgedAsync(start, end));
        if (damage.Promise(appliance) is { } broken) faults.Add(broken);
        await ExpectInstalledAsync(cancellationToken);
    }

    private TrialOutcome Outcome(TimeSpan elapsed) => new(damage, faults)
    {
        Verdict = reports[0]["verdict"]?.GetValue<string>() ?? "",
        LastVerdict = reports[^1]["verdict"]?.GetValue<string>() ?? "",
        Culprits = Culprits,
        Codes = [.. reports.SelectMany(Executable.CodesOf).Distinct(StringComparer.Ordinal)],
        Elapsed = elapsed,
    };

    private List<string> Culprits => [.. reports.SelectMany(Executable.CulpritsOf).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    private async Task RunAsync(string what, string words, int exit, IReadOnlyList<string> codes, CancellationToken cancellationToken)
    {
        var (code, report) = await program.ReportAsync(words, cancellationToken);
        reports.Add(report);
        Compare($"{what}, exit code", Text(exit), Text(code));
        Compare($"{what}, findings", Text(codes), Text(Executable.CodesOf(report)));
    }

    private async Task ExpectCompleteAsync(CancellationToken cancellationToken)
    {
        await appliance.Stage.Registry.StopAsync(cancellationToken);
        (string Reference, BuiltImage Image)[] wanted =
        [
            (appliance.IntermediateReference, appliance.IntermediateServed),
            (appliance.TargetReference, appliance.Images.Target),
        ];
        foreach (var (reference, image) in wanted)
            if (await ImageProof.FaultAsync(Engine, reference, image, cancellationToken) is { } fault) faults.Add(fault);
    }

    /// <summary>Never worse than before, whatever the damage was.</summary>
    private async Task ExpectInstalledAsync(CancellationToken cancellationToken)
    {
        damage.Ease(appliance);
        if (!damage.SpoilsInstalled && await ImageProof.FaultAsync(Engine, appliance.InstalledReference, appliance.Images.Installed, cancellationToken) is { } fault)
            faults.Add(fault);
        try
        {
            await Engine.Api.RestartContainerAsync(appliance.Container, cancellationToken);
            Expect("the installed version does not start any more", (await appliance.LookAtContainerAsync(cancellationToken)).Running);
        }
        catch (EngineRefusedException refused)
        {
            faults.Add($"the installed version does not start any more: {refused.Message}");
        }
    }

    /// <summary>Every name that stood on an image before stands on the same image now.</summary>
    private Task ExpectNothingPurgedAsync(EngineSnapshot start, EngineSnapshot end)
    {
        foreach (var image in start.Images.Except(end.Images, StringComparer.Ordinal)) faults.Add($"purged or renamed: {image}");
        return Task.CompletedTask;
    }

    private void Compare(string what, string wanted, string got)
    {
        if (!string.Equals(wanted, got, StringComparison.Ordinal)) faults.Add($"{what}: {got}, wanted {wanted}");
    }

    private void Expect(string fault, bool held)
    {
        if (!held) faults.Add(fault);
    }

    private static string Text(int code) => code.ToString(CultureInfo.InvariantCulture);

    private static string Text(IReadOnlyList<string> codes) => codes.Count == 0 ? "none" : string.Join(", ", codes);
}
