namespace AppPreflight.Rehearsal;

/// <summary>Measures the published program beside its peers, prints the tables and writes them to a file. The ratios decide no exit code.</summary>
internal static class BenchCommand
{
    /// <summary>Unpacked size of the images whose files are compared, in millions of bytes.</summary>
    private const int ComparedMegabytes = 300;

    public static async Task<int> RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        var program = arguments.Program ?? throw new UsageException("bench needs --program PATH");
        var options = new BenchOptions(program) { Rounds = arguments.Rounds, Megabytes = arguments.Megabytes, BigMegabytes = arguments.BigMegabytes };
        await using var stage = await Stage.OpenAsync(new(arguments.Port), cancellationToken);
        var paper = arguments.OnlyCompare ? null : await RunAllAsync(stage, arguments, options, cancellationToken);

        var machine = await BenchMachine.DescribeAsync(program, cancellationToken);
        var compared = await BenchCompare.RunAsync(stage, options, "", ComparedMegabytes, Console.WriteLine, cancellationToken);
        Console.WriteLine();
        Console.Write(BenchPaper.ComparedTables(compared));
        if (arguments.Paper is not { } path) return 0;
        paper ??= await File.ReadAllTextAsync(path, cancellationToken);
        await File.WriteAllTextAsync(path, BenchPaper.WithCompared(paper, BenchPaper.Compared(compared, machine)), cancellationToken);
        Console.WriteLine($"\nwritten to {path}");
        return 0;
    }

    private static async Task<string> RunAllAsync(Stage stage, Arguments arguments, BenchOptions options, CancellationToken cancellationToken)
    {
        var chain = new ApplianceOptions { LayerSizeBytes = arguments.LayerMebibytes << 20, IntermediateStored = true };
        await using var appliance = await Appliance.BuildAsync(stage, chain, cancellationToken);
        await stage.Engine.Api.FetchAsync(appliance.TargetReference, null, cancellationToken);
        var result = await Bench.RunAsync(appliance, options, Console.WriteLine, cancellationToken);
        Console.WriteLine();
        Console.Write(BenchPaper.Tables(result));
        return BenchPaper.Write(result);
    }
}
