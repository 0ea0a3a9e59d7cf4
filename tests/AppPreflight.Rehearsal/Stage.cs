namespace AppPreflight.Rehearsal;

/// <summary>
/// One private engine and one private registry, up and running. Many appliances can stand on one stage: each has its own
/// repository, its own root folder and layers of its own, so a damage to one is none to the others.
/// </summary>
internal sealed class Stage : IAsyncDisposable
{
    private Stage(Engine engine, RegistryServer registry) => (Engine, Registry) = (engine, registry);

    public Engine Engine { get; }

    public RegistryServer Registry { get; }

    public static Task<Stage> OpenAsync(RegistryOptions options, CancellationToken cancellationToken) =>
        OpenAsync(options, new(), cancellationToken);

    public static async Task<Stage> OpenAsync(RegistryOptions options, EngineOptions engine, CancellationToken cancellationToken)
    {
        var registry = await RegistryServer.StartAsync(options, cancellationToken);
        try
        {
            return new(await Engine.StartAsync(engine, cancellationToken), registry);
        }
        catch
        {
            await registry.DisposeAsync();
            throw;
        }
    }

    /// <summary>The same engine with another registry; whoever opened them ends them.</summary>
    public Stage Beside(RegistryServer registry) => new(Engine, registry);

    /// <summary>Brings back what a damage or a test switched off. Costs nothing when all is up.</summary>
    public async Task SettleAsync(CancellationToken cancellationToken)
    {
        if (!await Registry.Api.AnswersAsync(cancellationToken)) await Registry.StartAgainAsync(cancellationToken);
        if (!await Engine.Api.PingAsync(cancellationToken)) await Engine.StartAgainAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await Engine.DisposeAsync();
        await Registry.DisposeAsync();
    }
}
