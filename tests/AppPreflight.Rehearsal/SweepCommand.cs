using System.Globalization;
using System.Runtime.CompilerServices;

namespace AppPreflight.Rehearsal;

/// <summary>Interrupts the real executable everywhere: the whole sweep, with a table; 0 only if nothing ever was worse and everything healed.</summary>
internal static class SweepCommand
{
    public static async Task<int> RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        var program = arguments.Program ?? throw new UsageException("sweep needs --program PATH");
        await using var stage = await Stage.OpenAsync(new(arguments.Port), cancellationToken);
        var sweep = new Sweep(stage, program);
        var all = new List<SweepResult>();
        Console.WriteLine($"{"damage",-28} {"lines",5} {"acts",5} {"killed",7} {"twice",6} {"engine",7} {"registry",9} {"faulty",7}");
        foreach (var damage in arguments.Damages.Count == 0 ? Sweep.Swept : arguments.Damages)
        {
            var normal = await sweep.MeasureAsync(damage, cancellationToken);
            if (normal.Lines == 0)
            {
                Console.WriteLine($"{damage.Name,-28} a repair does nothing here");
                continue;
            }

            var results = new List<SweepResult>();
            await foreach (var result in AllAsync(sweep, damage, normal, arguments.OnlyKills, cancellationToken))
            {
                results.Add(result);
                if (result.Faults.Count > 0) Console.WriteLine($"    {damage.Name}, {result.Case}: {string.Join("; ", result.Faults)}");
            }

            int Of(SweepKind kind) => results.Count(result => result.Kind == kind);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{damage.Name,-28} {normal.Lines,5} {normal.Acts.Count,5} {Of(SweepKind.Killed),7} {Of(SweepKind.KilledTwice),6} {Of(SweepKind.Engine),7} {Of(SweepKind.Registry),9} {results.Count(r => r.Faults.Count > 0),7}"));
            all.AddRange(results);
        }

        var faulty = all.Count(result => result.Faults.Count > 0);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{all.Count} interruptions: {all.Count - faulty} never worse and healed, {faulty} not"));
        return faulty == 0 ? 0 : 1;
    }

    private static async IAsyncEnumerable<SweepResult> AllAsync(
        Sweep sweep, Damage damage, Undisturbed normal, bool isOnlyKills, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var point in Sweep.CrashPoints(normal))
        {
            yield return await sweep.CrashAsync(damage, normal, point, isTwice: false, cancellationToken);
            if (!isOnlyKills && point.EndsWith(":after", StringComparison.Ordinal)) yield return await sweep.CrashAsync(damage, normal, point, isTwice: true, cancellationToken);
        }

        if (isOnlyKills) yield break;
        foreach (var (act, stop, outage) in Sweep.Outages(normal))
            yield return await sweep.RobAsync(damage, normal, outage, act, stop, cancellationToken);
    }
}
