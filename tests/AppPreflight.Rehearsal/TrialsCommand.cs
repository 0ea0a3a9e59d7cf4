using System.Globalization;

namespace AppPreflight.Rehearsal;

/// <summary>Puts the real executable through every damage of the catalogue, or the named ones.</summary>
internal static class TrialsCommand
{
    public static async Task<int> RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        var program = arguments.Program ?? throw new UsageException("trials needs --program PATH");
        var damages = arguments.Damages.Count == 0 ? Damages.All : arguments.Damages;
        await using var stage = await Stage.OpenAsync(new(arguments.Port), cancellationToken);
        var failed = 0;
        foreach (var (place, damage) in damages.Index())
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"trial{place}");
            var faults = await Trial.RunAsync(stage, program, name, damage, cancellationToken);
            if (faults.Count > 0) failed++;
            Console.WriteLine($"{(faults.Count == 0 ? "passed" : "FAILED")} {damage.Name}");
            foreach (var fault in faults) Console.WriteLine($"       {fault}");
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{damages.Count - failed} passed, {failed} failed"));
        return failed == 0 ? 0 : 1;
    }
}
