using System.Diagnostics;
using System.Globalization;

namespace AppPreflight.Rehearsal;

/// <summary>Prints the catalogues; with a program, puts it through every damage of the first one and prints what came of it.</summary>
internal static class DamagesCommand
{
    public static async Task<int> RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        if (arguments.Program is not { } program) return Describe(Console.Out);
        if (!File.Exists(program)) throw new RehearsalException($"no executable {program}: run make publish first");
        var damages = arguments.Damages.Count == 0 ? Damages.All : arguments.Damages;
        var clock = Stopwatch.GetTimestamp();
        await using var stage = await Stage.OpenAsync(new(arguments.Port), cancellationToken);
        Console.WriteLine(Line("damage", "verdict", "culprit", "healed", ""));
        var fine = 0;
        foreach (var (place, damage) in damages.Index())
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"trial{place}");
            var outcome = await Trial.RunAsync(stage, program, name, damage, cancellationToken);
            if (outcome.IsAsExpected) fine++;
            Tell(outcome);
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\n{Stopwatch.GetElapsedTime(clock).TotalSeconds:0} s; asked after each: is 1.10.3 complete, unless it is what was spoilt, and does its container start"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{damages.Count} damages, {fine} as expected"));
        return fine == damages.Count ? 0 : 1;
    }

    private static void Tell(TrialOutcome outcome)
    {
        var culprit = outcome.Culprits.Count == 0 ? "-" : string.Join(' ', outcome.Culprits);
        Console.WriteLine(Line(outcome.Damage.Name, outcome.Verdict, culprit, Healed(outcome), outcome.IsAsExpected ? "" : "NOT AS EXPECTED"));
        foreach (var fault in outcome.Faults) Console.WriteLine($"    {fault}");
        Console.Out.Flush();
    }

    // a look that passed at once had nothing to heal
    private static string Healed(TrialOutcome outcome) =>
        outcome.Verdict is "pass" or "warn" ? "-" : outcome.LastVerdict is "pass" or "warn" ? "yes" : "no";

    private static string Line(string damage, string verdict, string culprit, string healed, string mark) =>
        $"{damage,-32} {verdict,-8} {culprit,-12} {healed,-6} {mark}".TrimEnd();

    private static int Describe(TextWriter output)
    {
        foreach (var damage in Damages.All)
        {
            output.WriteLine(damage.Name);
            output.WriteLine($"    what     {damage.What}");
            output.WriteLine($"    how      {damage.How}");
            output.WriteLine($"    check    {string.Join(", ", damage.Before)}");
            output.WriteLine($"    repaired {(damage.Curable ? "pass" : string.Join(", ", damage.After))}");
            output.WriteLine($"    culprit  {damage.Culprit ?? "-"}");
        }

        output.WriteLine();
        output.WriteLine("of one stored layer (no --damage: tests do them):");
        foreach (var damage in LayerDamages.All)
        {
            output.WriteLine(damage.Name);
            output.WriteLine($"    what     {damage.What}");
            output.WriteLine($"    verify   {damage.Code}, {damage.Kind}");
            output.WriteLine($"    save     {(damage.ExportError is null ? "notices nothing" : "fails")}");
        }

        return 0;
    }
}
