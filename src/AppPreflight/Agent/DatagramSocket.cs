using System.Net.Sockets;

namespace AppPreflight.Agent;

/// <summary>One of systemd's sockets: takes a datagram, or does not.</summary>
/// <param name="address">A path; with a leading '@' a name in the abstract namespace.</param>
/// <param name="patience">How long to wait for a place when its queue is full; zero for not at all.</param>
internal sealed class DatagramSocket(string address, TimeSpan patience) : IDisposable
{
    private readonly Lock gate = new();
    private Socket? socket;

    /// <returns>False when it was not taken: nobody listens, the queue is full, too long.</returns>
    public bool TrySend(ReadOnlySpan<byte> bytes)
    {
        lock (gate)
        {
            try
            {
                socket ??= Open();
                return socket.Send(bytes) == bytes.Length;
            }
            catch (SocketException e)
            {
                // journald was restarted: its new socket is another one
                if (e.SocketErrorCode is not (SocketError.WouldBlock or SocketError.TimedOut or SocketError.MessageSize)) Drop();
                return false;
            }
            catch (ArgumentException)
            {
                // no address at all (too long)
                return false;
            }
        }
    }

    public void Dispose()
    {
        lock (gate) Drop();
    }

    private Socket Open()
    {
        var opened = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        try
        {
            if (patience == TimeSpan.Zero) opened.Blocking = false;
            else opened.SendTimeout = (int)patience.TotalMilliseconds;
            // the kernel spells the abstract namespace with a leading NUL
            opened.Connect(new UnixDomainSocketEndPoint(address.StartsWith('@') ? "\0" + address[1..] : address));
            return opened;
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    private void Drop()
    {
        socket?.Dispose();
        socket = null;
    }
}
