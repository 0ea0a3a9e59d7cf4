using System.Net;
using System.Net.Sockets;

namespace AppPreflight.Registry;

/// <summary>Addresses of host names, asked of whoever knows them and waited for a short time only.</summary>
internal sealed class HostNames(Func<string, CancellationToken, Task<IPAddress[]>> resolve)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    /// <summary>As this host resolves them.</summary>
    public static HostNames System { get; } = new(Dns.GetHostAddressesAsync);

    /// <returns>None for a name that nobody knows, or that is not answered for in time.</returns>
    public async Task<IPAddress[]> FindAsync(string host, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        try
        {
            return await resolve(host, limit.Token);
        }
        catch (Exception e) when (e is SocketException or ArgumentException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return [];
        }
    }
}
