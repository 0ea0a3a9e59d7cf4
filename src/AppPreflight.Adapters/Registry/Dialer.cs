using System.Net;
using System.Net.Sockets;

namespace AppPreflight.Registry;

/// <summary>Opens connections over one address family alone, or over whichever there is.</summary>
internal sealed class Dialer(HostNames names, AddressFamily? family)
{
    /// <exception cref="SocketException">No such address, or none that can be reached.</exception>
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        var known = IPAddress.TryParse(host, out var literal) ? [literal] : await names.FindAsync(host, cancellationToken);
        var refusal = new SocketException((int)(known.Length == 0 ? SocketError.HostNotFound : SocketError.AddressFamilyNotSupported));
        foreach (var address in known.Where(address => family is null || address.AddressFamily == family))
        {
            try
            {
                return await ConnectAsync(new IPEndPoint(address, port), cancellationToken);
            }
            catch (SocketException e)
            {
                // the host may have another address
                refusal = e;
            }
        }

        throw refusal;
    }

    private static async Task<Stream> ConnectAsync(IPEndPoint address, CancellationToken cancellationToken)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(address, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
