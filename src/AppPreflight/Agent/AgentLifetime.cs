using Microsoft.Extensions.Hosting;

namespace AppPreflight.Agent;

/// <summary>The host ends when the program is asked to: its signals are handled before there is a host.</summary>
internal sealed class AgentLifetime(IHostApplicationLifetime host, CancellationToken stop) : IHostLifetime, IDisposable
{
    private CancellationTokenRegistration registration;

    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        registration = stop.Register(host.StopApplication);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => registration.Dispose();
}
