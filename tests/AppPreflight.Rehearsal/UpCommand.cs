namespace AppPreflight.Rehearsal;

/// <summary>Starts a whole appliance for a newcomer's own experiments and keeps it up until it is interrupted.</summary>
internal static class UpCommand
{
    public static async Task<int> RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        await using var disk = arguments.Damages.Any(damage => damage.NeedsOwnDisk) ? await LoopStage.OpenAsync(cancellationToken) : null;
        await using var shared = disk is null ? await Stage.OpenAsync(new(arguments.Port), cancellationToken) : null;
        var stage = disk?.Stage ?? shared!;
        var options = new ApplianceOptions { LayerSizeBytes = arguments.LayerMebibytes << 20 };
        await using var appliance = await Appliance.BuildDamagedAsync(stage, options, arguments.Damages, cancellationToken);
        Describe(appliance, arguments);
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            Console.WriteLine("\nEnding engine and registry ...");
        }

        return 0;
    }

    private static void Describe(Appliance appliance, Arguments arguments) => Console.WriteLine($"""
        {Appliance.App} 1.10.3 is installed and running; 2.0.0 and 3.1.1 are offered.
        Damages: {(arguments.Damages.Count == 0 ? "none (2.0.0 and 3.1.1 were never pulled)" : string.Join(", ", arguments.Damages))}

          registry   {appliance.Stage.Registry.Authority}
          engine     {appliance.Stage.Engine.Host}
          files      {appliance.Root}

        Point the product at it:

          O='--root {appliance.Root} --host {appliance.Stage.Engine.Host} --state {appliance.State}'
          artifacts/app-preflight/app-preflight check {Appliance.App} --content $O
          artifacts/app-preflight/app-preflight repair {Appliance.App} $O

        Or any client:  DOCKER_HOST={appliance.Stage.Engine.Host} docker images --digests
        Ctrl-C ends all of it.
        """);
}
