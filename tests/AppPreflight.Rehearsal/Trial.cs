using System.Globalization;

namespace AppPreflight.Rehearsal;

/// <summary>
/// One damage, the real executable, the whole way: check, repair, check again. What did not come true is told as sentences;
/// none means that the product kept its promises for this damage.
/// </summary>
internal sealed class Trial(Appliance appliance, Damage damage, Executable program)
{
    private static readonly string Check = $"check {Appliance.App} --content";
    private static readonly string Repair = $"repair {Appliance.App}";

    private readonly List<string> faults = [];

    private Engine Engine => appliance.Stage.Engine;

    public static async Task<IReadOnlyList<string>> RunAsync(
        Stage stage, string program, string name, Damage damage, CancellationToken cancellationToken)
    {
        if (damage.NeedsOwnDisk)
        {
            await using var own = await LoopStage.OpenAsync(cancellationToken);
            return await RunAsync(own.Stage, program, name, damage with { NeedsOwnDisk = false }, cancellationToken);
        }

        var options = new ApplianceOptions(name) { LayerSizeBytes = 200_000 };
        await using var appliance = await Appliance.BuildDamagedAsync(stage, options, [damage], cancellationToken);
        var trial = new Trial(appliance, damage, new(program, appliance));
        await trial.RunAsync(cancellationToken);
        return trial.faults;
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        var start = await Engine.Api.SnapshotAsync(cancellationToken);
        var (code, codes) = await program.CodesAsync(Check, cancellationToken);
        Compare("check, exit code", "1", Text(code));
        Compare("check, findings", Text(damage.Before), Text(codes));
        Expect("check changed what the engine holds", start.SameAs(await Engine.Api.SnapshotAsync(cancellationToken)));

        (code, _) = await program.CodesAsync(Repair, cancellationToken);
        Compare("repair, exit code", damage.Curable ? "0" : "1", Text(code));
        (code, codes) = await program.CodesAsync(Check, cancellationToken);
        Compare("check after repair, exit code", damage.Curable ? "0" : "1", Text(code));
        Compare("check after repair, findings", Text(damage.After), Text(codes));

        var end = await Engine.Api.SnapshotAsync(cancellationToken);
        Expect("the running container was touched", start.Containers.SequenceEqual(end.Containers));
        await (damage.Curable ? ExpectCompleteAsync(cancellationToken) : ExpectNothingPurgedAsync(start, end));
    }

    private async Task ExpectCompleteAsync(CancellationToken cancellationToken)
    {
        await appliance.Stage.Registry.StopAsync(cancellationToken);
        (string Reference, BuiltImage Image)[] wanted =
        [
            (appliance.InstalledReference, appliance.Images.Installed),
            (appliance.IntermediateReference, appliance.IntermediateServed),
            (appliance.TargetReference, appliance.Images.Target),
        ];
        foreach (var (reference, image) in wanted)
            if (await ImageProof.FaultAsync(Engine, reference, image, cancellationToken) is { } fault) faults.Add(fault);
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
