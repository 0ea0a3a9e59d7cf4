namespace AppPreflight.Rehearsal;

/// <summary>One engine and one registry for all tests that want a real one; started on first use, ended with the test run.</summary>
internal static class SharedStage
{
    private static readonly SemaphoreSlim gate = new(1);
    private static Stage? stage;
    private static int appliances;

    public static async Task<Stage> OpenAsync(CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken);
        try
        {
            stage ??= await Stage.OpenAsync(new(), cancellationToken);
            return stage;
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>A fresh appliance on the shared stage, spoilt in this way.</summary>
    public static async Task<Appliance> BuildAsync(IReadOnlyList<Damage> damages, CancellationToken cancellationToken)
    {
        var options = new ApplianceOptions(NextName()) { LayerSizeBytes = 200_000 };
        return await Appliance.BuildDamagedAsync(await OpenAsync(cancellationToken), options, damages, cancellationToken);
    }

    /// <summary>A fresh, sound appliance with all that this damage needs.</summary>
    public static async Task<Appliance> BuildForAsync(Damage damage, CancellationToken cancellationToken)
    {
        var options = new ApplianceOptions(NextName()) { LayerSizeBytes = 200_000 };
        return await Appliance.BuildForAsync(await OpenAsync(cancellationToken), options, [damage], cancellationToken);
    }

    /// <summary>A name that no other appliance on the shared stage has.</summary>
    public static string NextName() => $"t{Interlocked.Increment(ref appliances)}";

    public static async Task CloseAsync()
    {
        if (stage is { } open) await open.DisposeAsync();
        stage = null;
    }
}
