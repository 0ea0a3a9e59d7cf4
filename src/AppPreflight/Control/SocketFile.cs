using System.Net.Sockets;
using System.Text;
using AppPreflight.Images;
using AppPreflight.Journal;
using AppPreflight.Ports;

namespace AppPreflight.Control;

/// <summary>The socket's place in the file system: one agent's at a time, mode 0660, of the group that may read.</summary>
/// <remarks>
/// A socket's file outlives a killed agent, and two agents that start together must not both take a dead one for theirs. So a
/// kernel lock beside it, which dies with its process, says who may remove it and bind anew.
/// </remarks>
internal sealed class SocketFile : IDisposable
{
    private const int LongestPath = 107; // sun_path has 108 bytes, one of them for its end
    private const int Backlog = 256;
    private const int WouldBlock = 11;
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;

    private readonly string path;
    private readonly FileStream claim;

    private SocketFile(string path, FileStream claim, Socket listener) => (this.path, this.claim, Listener) = (path, claim, listener);

    public Socket Listener { get; }

    /// <exception cref="SourceException">Another agent lives, the path is too long, or the folder can't be used.</exception>
    public static SocketFile Claim(AgentAddress address, uint? readers, Action<string> told)
    {
        var place = address.Socket;
        var length = Encoding.UTF8.GetByteCount(place);
        if (length > LongestPath) throw Unusable($"the control socket can't be at {place}: a socket's path has at most {LongestPath} bytes, this one has {length}; choose a shorter --root");
        FileStream? taken = null;
        try
        {
            Directory.CreateDirectory(address.Folder);
            taken = Lock(Path.Combine(address.Folder, "agent.lock"), place);
            RemoveDead(place);
            return new(place, taken, Listen(place, readers, told));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or SocketException)
        {
            taken?.Dispose();
            throw Unusable($"the control socket {place} can't be made: {e.Message}", e);
        }
        catch (SourceException)
        {
            taken?.Dispose();
            throw;
        }
    }

    /// <summary>Whoever connects from here on finds nobody.</summary>
    public void Dispose()
    {
        Listener.Dispose();
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // a dead socket is removed by the next agent
        }

        claim.Dispose();
    }

    private static FileStream Lock(string path, string socket)
    {
        RegularFile.Demand(path);
        try
        {
            return new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
        }
        catch (IOException e) when (e.HResult == WouldBlock)
        {
            throw Living(socket, e);
        }
    }

    private static void RemoveDead(string path)
    {
        if (!File.Exists(path)) return;
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            File.Delete(path);
            return;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.WouldBlock)
        {
            throw Living(path, e);
        }

        throw Living(path, null);
    }

    // Nobody can connect before Listen, so nobody meets the socket with another mode or group
    private static Socket Listen(string path, uint? readers, Action<string> told)
    {
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            listener.Bind(new UnixDomainSocketEndPoint(path));
            File.SetUnixFileMode(path, Mode);
            if (readers is not { } group) told($"this host has no group {Peer.ReadersName}: only root can ask the agent for its status");
            else if (Native.GiveToGroup(path, group) != 0) told($"{path} can't be given to the group {Peer.ReadersName}: only root can ask the agent for its status");
            listener.Listen(Backlog);
            return listener;
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    private static SourceException Living(string path, Exception? inner) => new(Source.Journal, Fault.Refused, $"another agent answers on {path}", inner);

    private static SourceException Unusable(string sentence, Exception? inner = null) => new(Source.Journal, Fault.Unreachable, sentence, inner);
}
