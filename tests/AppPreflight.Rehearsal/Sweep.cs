using System.Globalization;

namespace AppPreflight.Rehearsal;

/// <summary>How a repair of one damage goes when nobody disturbs it.</summary>
/// <param name="Lines">How many lines it writes to the journal.</param>
/// <param name="Acts">The requests it makes that have the engine do something.</param>
internal sealed record Undisturbed(int Lines, IReadOnlyList<string> Acts, int ExitCode, string Verdict);

/// <summary>One interruption that was tried, and what did not come true; no faults: never worse, and healed by the next repair.</summary>
internal sealed record SweepResult(SweepKind Kind, string Case, IReadOnlyList<string> Faults);

/// <summary>
/// Kills the real program at every step of the repair of a damage, or takes engine or registry away from it there. After each the
/// invariant is asked, then an undisturbed repair has to end as if nothing had been.
/// </summary>
internal sealed class Sweep(Stage stage, string program)
{
    private const int Killed = 128 + 9;

    private static readonly string Repair = $"repair {Appliance.App}";
    private static int appliances;

    /// <summary>The damages a sweep is about: where a repair acts at all, on a shared stage, and the installed image is sound to be asked for.</summary>
    public static IReadOnlyList<Damage> Swept => [.. Damages.All.Where(damage => damage.Repair == Repair && damage is { NeedsOwnDisk: false, SpoilsInstalled: false } && (damage.Curable || damage.ExitAfter is null))];

    /// <exception cref="RehearsalException">The repair does not even succeed when nobody disturbs it.</exception>
    public async Task<Undisturbed> MeasureAsync(Damage damage, CancellationToken cancellationToken)
    {
        await using var appliance = await BuildAsync(damage, cancellationToken);
        await using var gate = GateOf(appliance, int.MaxValue, GateStop.Before);
        var (code, report) = await new Executable(program, appliance.Root, gate.Host, appliance.State).ReportAsync(Repair, cancellationToken);
        if (damage.Curable && code != 0) throw new RehearsalException($"{damage.Name}: an undisturbed repair ends with {code}: {report.ToJsonString()}");
        return new(Invariant.JournalLines(appliance.State).Count, gate.Seen, code, report["verdict"]!.GetValue<string>());
    }

    /// <summary>Every crash point of such a repair.</summary>
    public static IEnumerable<string> CrashPoints(Undisturbed normal) =>
        from place in Enumerable.Range(1, normal.Lines).Select(line => $"journal:{line}").Append("report:1")
        from moment in (string[])["before", "torn", "after"]
        select $"{place}:{moment}";

    /// <summary>Every act, and what happens before, in the middle of (a pull only: a removal is answered in one piece) and after it.</summary>
    public static IEnumerable<(int Act, GateStop Stop, Outage Outage)> Outages(Undisturbed normal) =>
        from act in Enumerable.Range(1, normal.Acts.Count)
        from stop in Enum.GetValues<GateStop>()
        where stop != GateStop.Middle || normal.Acts[act - 1].Contains("/images/create", StringComparison.Ordinal)
        from outage in stop == GateStop.Before ? (Outage[])[Outage.EngineBack, Outage.RegistryBack, Outage.RegistryAway]
            : stop == GateStop.After ? [Outage.EngineAway, Outage.RegistryAway] : [Outage.EngineBack, Outage.EngineAway, Outage.RegistryAway]
        select (act, stop, outage);

    /// <summary>Dies at a crash point, and, for <paramref name="isTwice"/>, in the repair that comes after it too.</summary>
    public async Task<SweepResult> CrashAsync(Damage damage, Undisturbed normal, string point, bool isTwice, CancellationToken cancellationToken)
    {
        await using var appliance = await BuildAsync(damage, cancellationToken);
        var invariant = await Invariant.TakeAsync(appliance, cancellationToken);
        var product = new Executable(program, appliance);
        var code = await product.CrashAsync(Repair, point, cancellationToken);
        List<string> faults = code == Killed ? [] : [$"it did not die at {point}, but ended with {code}"];
        if (isTwice)
        {
            // the first writes of the run that picks up: what it reconciles, and the first act of its own
            code = await product.CrashAsync(Repair, "journal:2:torn", cancellationToken);
            if (code != Killed && code != normal.ExitCode) faults.Add($"the second run ended with {code}");
        }

        var name = isTwice ? $"{point} twice" : point;
        return new(isTwice ? SweepKind.KilledTwice : SweepKind.Killed, name, [.. faults, .. await EndAsync(damage, appliance, invariant, normal, cancellationToken)]);
    }

    /// <summary>Holds the nth act at the gate, and takes something away from the run meanwhile.</summary>
    public async Task<SweepResult> RobAsync(Damage damage, Undisturbed normal, Outage outage, int act, GateStop stop, CancellationToken cancellationToken)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{outage}, act {act} {stop}");
        await using var appliance = await BuildAsync(damage, cancellationToken);
        var invariant = await Invariant.TakeAsync(appliance, cancellationToken);
        List<string> faults = [];
        await using (var gate = GateOf(appliance, act, stop))
        {
            var repair = new Executable(program, appliance.Root, gate.Host, appliance.State).ReportAsync(Repair, cancellationToken);
            if (await Task.WhenAny(gate.ReachedAsync(cancellationToken), repair) == repair) faults.Add("it never came to that act");
            await TakeAwayAsync(outage, cancellationToken);
            gate.Open();
            var (code, report) = await repair;
            if (code == 0 && outage is Outage.EngineAway) faults.Add("it says pass, and there was no engine");
            if (code == 0 && await invariant.HealedFaultsAsync(cancellationToken) is [var first, ..]) faults.Add($"it says pass, but {first}");
            if (code is not (0 or 1 or 2)) faults.Add($"the robbed repair ended with {code}: {report["verdict"]}");
        }

        await stage.SettleAsync(cancellationToken);
        var kind = outage is Outage.EngineBack or Outage.EngineAway ? SweepKind.Engine : SweepKind.Registry;
        return new(kind, name, [.. faults, .. await EndAsync(damage, appliance, invariant, normal, cancellationToken)]);
    }

    private async Task<List<string>> EndAsync(Damage damage, Appliance appliance, Invariant invariant, Undisturbed normal, CancellationToken cancellationToken)
    {
        var faults = await invariant.FaultsAsync(cancellationToken);
        var (code, report) = await new Executable(program, appliance).ReportAsync(Repair, cancellationToken);
        if (code != normal.ExitCode || report["verdict"]!.GetValue<string>() != normal.Verdict)
            faults.Add($"the next repair ended with {code}, {report["verdict"]}: {report["findings"]!.ToJsonString()}");
        // what no repair can cure has to be as it was, no worse
        faults.AddRange(await (damage.Curable ? invariant.HealedFaultsAsync(cancellationToken) : invariant.WorseAsync(cancellationToken)));
        return faults;
    }

    private async Task TakeAwayAsync(Outage outage, CancellationToken cancellationToken)
    {
        switch (outage)
        {
            case Outage.EngineBack:
                await stage.Engine.KillAsync(cancellationToken);
                await stage.Engine.StartAgainAsync(cancellationToken);
                break;
            case Outage.EngineAway:
                await stage.Engine.KillAsync(cancellationToken);
                break;
            case Outage.RegistryBack:
                await stage.Registry.RestartAsync(cancellationToken);
                break;
            default:
                await stage.Registry.StopAsync(cancellationToken);
                break;
        }
    }

    private async Task<Appliance> BuildAsync(Damage damage, CancellationToken cancellationToken)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"sweep{Interlocked.Increment(ref appliances)}");
        var appliance = await Appliance.BuildDamagedAsync(stage, new(name) { LayerSizeBytes = 20_000 }, [damage], cancellationToken);
        await NameOnceMoreAsync(appliance, cancellationToken);
        return appliance;
    }

    // somebody else's name for the stored 2.0.0, in a repository of their own: a purge takes it along, and has to bring it back
    private static async Task NameOnceMoreAsync(Appliance appliance, CancellationToken cancellationToken)
    {
        try
        {
            if (await appliance.Stage.Engine.Api.FindImageAsync(appliance.IntermediateReference, cancellationToken) is { } stored && stored.Id == appliance.IntermediateServed.ConfigDigest)
                await appliance.Stage.Engine.Api.TagAsync(stored.Id, $"kept/{appliance.Name}:mine", cancellationToken);
        }
        catch (EngineRefusedException)
        {
            // so damaged that the engine can't name it
        }
    }

    private static EngineGate GateOf(Appliance appliance, int act, GateStop stop) =>
        new(Path.Combine(appliance.Stage.Engine.Folder, "sweep.sock"), appliance.Stage.Engine.SocketPath, EngineGate.IsAct, act, stop);
}

internal enum SweepKind
{
    Killed,
    KilledTwice,
    Engine,
    Registry,
}

/// <summary>What a run is robbed of in the middle of an act.</summary>
internal enum Outage
{
    /// <summary>The engine is killed and started again.</summary>
    EngineBack,

    /// <summary>The engine is killed, and stays away until the run has ended.</summary>
    EngineAway,

    /// <summary>The registry is stopped and started again.</summary>
    RegistryBack,

    /// <summary>The registry is stopped, and stays away until the run has ended.</summary>
    RegistryAway,
}
