using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AppPreflight.Agent;

/// <summary>The generic host around the agent, with nothing of its own: no configuration files, no environment, no watchers.</summary>
internal static class AgentHost
{
    /// <summary>Below the five seconds after which <c>Interruption</c> ends the process.</summary>
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(4);

    /// <param name="outlet">Owned by the caller: it outlives the host.</param>
    /// <param name="hangUp">Takes what is to be done on SIGHUP.</param>
    /// <param name="stop">Ends the agent.</param>
    /// <returns>False when a bug ended it.</returns>
    /// <exception cref="Ports.SourceException">Another agent lives, or the control socket can't be made.</exception>
    public static async Task<bool> RunAsync(AgentParts parts, SystemdNotify notify, LogOutlet outlet, Action<Action> hangUp, CancellationToken stop)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true, ContentRootPath = "/" });
        builder.Logging.SetMinimumLevel(LogLevel.Debug).AddProvider(outlet);
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = StopLimit);
        builder.Services.AddSingleton<IHostLifetime>(services => new AgentLifetime(services.GetRequiredService<IHostApplicationLifetime>(), stop));
        builder.Services.AddSingleton(services => new AgentBody(
            parts, notify, services.GetRequiredService<ILoggerFactory>().CreateLogger("AppPreflight"), services.GetRequiredService<IHostApplicationLifetime>()));
        builder.Services.AddHostedService(services => services.GetRequiredService<AgentBody>());
        using var host = builder.Build();
        var body = host.Services.GetRequiredService<AgentBody>();
        hangUp(body.Reload);
        try
        {
            await host.RunAsync(stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // asked to end before it had begun
        }

        return !body.HasBug;
    }
}
