namespace AppPreflight.Rehearsal;

/// <summary>Measures the published program beside its peers, prints the tables and writes them to a file. The ratios decide no exit code.</summary>
internal static class BenchCommand
{
    public static async Task<int> RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        var program = arguments.Program ?? throw new UsageException("bench needs --program PATH");
        var options = new BenchOptions(program) { Rounds = arguments.Rounds, Megabytes = arguments.Megabytes, BigMegabytes = arguments.BigMegabytes };
        await using var stage = await Stage.OpenAsync(new(arguments.Port), cancellationToken);
        var chain = new ApplianceOptions { LayerSizeBytes = arguments.LayerMebibytes << 20, IntermediateStored = true };
        await using var appliance = await Appliance.BuildAsync(stage, chain, cancellationToken);
        await stage.Engine.Api.FetchAsync(appliance.TargetReference, null, cancellationToken);
        var result = await Bench.RunAsync(appliance, options, Console.WriteLine, cancellationToken);
        Console.WriteLine();
        Console.Write(BenchPaper.Tables(result));
        if (arguments.Paper is not { } paper) return 0;
        await File.WriteAllTextAsync(paper, BenchPaper.Write(result), cancellationToken);
        Console.WriteLine($"\nwritten to {paper}");
        return 0;
    }
}
