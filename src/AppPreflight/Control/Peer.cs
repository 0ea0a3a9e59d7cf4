using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace AppPreflight.Control;

/// <summary>What a user may ask of the agent.</summary>
internal enum Access
{
    None,

    /// <summary>Status.</summary>
    Read,

    /// <summary>Everything.</summary>
    Run,
}

/// <summary>Who is at the other end, as the kernel tells: nothing of it comes from the peer itself.</summary>
internal sealed record Peer(uint UserId, Access Access)
{
    /// <summary>The group whose members may read: Debian's "may read logs".</summary>
    public const string ReadersName = "adm";

    private const int LongestGroupFile = 1 << 20;
    private const int SocketLevel = 1; // SOL_SOCKET
    private const int PeerCredentials = 17; // SO_PEERCRED: struct ucred { pid_t pid; uid_t uid; gid_t gid; }
    private const int PeerGroups = 59; // SO_PEERGROUPS: gid_t[]
    private const int MostGroups = 65536; // NGROUPS_MAX

    /// <param name="readers">Number of the group that may read; null where there is none.</param>
    /// <exception cref="SocketException">The kernel does not tell.</exception>
    public static Peer Of(Socket socket, uint? readers)
    {
        Span<byte> credentials = stackalloc byte[12];
        socket.GetRawSocketOption(SocketLevel, PeerCredentials, credentials);
        var user = BinaryPrimitives.ReadUInt32LittleEndian(credentials[4..]);
        if (user == 0 || user == Native.EffectiveUser()) return new(user, Access.Run);
        var isReader = readers is { } group && (BinaryPrimitives.ReadUInt32LittleEndian(credentials[8..]) == group || GroupsOf(socket).Contains(group));
        return new(user, isReader ? Access.Read : Access.None);
    }

    /// <summary>Whether an agent's word counts: only root's, and one's own.</summary>
    public static bool IsTrusted(Socket socket) => Of(socket, readers: null).Access == Access.Run;

    /// <summary>The number of <see cref="ReadersName"/> in /etc/group; null where it is not there.</summary>
    public static uint? ReadersGroup()
    {
        try
        {
            using var file = File.OpenRead("/etc/group");
            var bytes = new byte[Math.Min(file.Length, LongestGroupFile)];
            var text = Encoding.UTF8.GetString(bytes, 0, file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false));
            return text.Split('\n').Select(line => line.Split(':'))
                .Where(fields => fields is [ReadersName, _, _, ..]).Select(fields => uint.TryParse(fields[2], out var number) ? number : (uint?)null).FirstOrDefault();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static ReadOnlySpan<uint> GroupsOf(Socket socket)
    {
        var groups = new byte[64 * sizeof(uint)];
        try
        {
            return Cast(groups, socket.GetRawSocketOption(SocketLevel, PeerGroups, groups));
        }
        catch (SocketException)
        {
            // ERANGE: more than these
            groups = new byte[MostGroups * sizeof(uint)];
            return Cast(groups, socket.GetRawSocketOption(SocketLevel, PeerGroups, groups));
        }
    }

    private static ReadOnlySpan<uint> Cast(byte[] bytes, int length) => MemoryMarshal.Cast<byte, uint>(bytes.AsSpan(0, length));
}
