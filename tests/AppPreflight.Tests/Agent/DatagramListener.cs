using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;

namespace AppPreflight.Agent;

/// <summary>Stands where systemd or journald would listen: a datagram socket in a folder of its own.</summary>
internal sealed class DatagramListener : IAsyncDisposable
{
    private readonly Socket socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private readonly Channel<byte[]> arrived = Channel.CreateUnbounded<byte[]>();
    private readonly CancellationTokenSource end = new();
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("app-preflight-dgram-");
    private readonly Task listening;

    /// <param name="isAbstract">In the kernel's abstract namespace, which has no file.</param>
    public DatagramListener(bool isAbstract = false)
    {
        var path = Path.Combine(folder.FullName, "socket");
        Address = isAbstract ? $"@{path}" : path;
        socket.Bind(new UnixDomainSocketEndPoint(isAbstract ? "\0" + path : path));
        listening = ListenAsync();
    }

    /// <summary>As NOTIFY_SOCKET has it.</summary>
    public string Address { get; }

    public async Task<byte[]> NextAsync(CancellationToken cancellationToken) => await arrived.Reader.ReadAsync(cancellationToken);

    public async Task<string> NextTextAsync(CancellationToken cancellationToken) => Encoding.UTF8.GetString(await NextAsync(cancellationToken));

    /// <summary>Waits for a message with these words in it; what came before is dropped.</summary>
    public async Task<string> HearAsync(string words, CancellationToken cancellationToken)
    {
        while (true)
        {
            var text = await NextTextAsync(cancellationToken);
            if (text.Contains(words, StringComparison.Ordinal)) return text;
        }
    }

    public List<string> Rest()
    {
        var rest = new List<string>();
        while (arrived.Reader.TryRead(out var bytes)) rest.Add(Encoding.UTF8.GetString(bytes));
        return rest;
    }

    public async ValueTask DisposeAsync()
    {
        await end.CancelAsync();
        await listening.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        socket.Dispose();
        end.Dispose();
        folder.Delete(recursive: true);
    }

    private async Task ListenAsync()
    {
        var buffer = new byte[1 << 16];
        while (true)
        {
            var count = await socket.ReceiveAsync(buffer, end.Token);
            arrived.Writer.TryWrite(buffer[..count]);
        }
    }
}
