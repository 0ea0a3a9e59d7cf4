using System.Text;
using AppPreflight.Oci;

namespace AppPreflight.Docker;

/// <summary>Where an engine listens, in the words of DOCKER_HOST.</summary>
internal sealed record DockerHost
{
    /// <summary>sun_path holds 108 bytes and ends with a zero (unix(7)).</summary>
    private const int LongestSocketPath = 107;

    private const int PlainPort = 2375;

    private DockerHost(string text, string? socketPath, Uri address) => (Text, SocketPath, Address) = (text, socketPath, address);

    /// <summary>As given, for messages.</summary>
    public string Text { get; }

    /// <summary>The unix socket; null when the engine is reached over TCP.</summary>
    public string? SocketPath { get; }

    /// <summary>What HTTP requests are addressed to; for a unix socket only its form matters.</summary>
    public Uri Address { get; }

    /// <exception cref="FormatException">Not an address this program can use; the message says what would be.</exception>
    public static DockerHost Parse(string text)
    {
        var (scheme, rest) = Split(text);
        return scheme switch
        {
            "unix" => Unix(text, rest),
            "tcp" or "http" => Tcp(text, rest),
            "https" => throw Wrong(text, "TLS to an engine is not supported"),
            "ssh" or "npipe" or "fd" => throw Wrong(text, $"{scheme}:// is not supported"),
            _ => throw Wrong(text, "it does not begin with unix:// or tcp://"),
        };
    }

    public override string ToString() => Text;

    private static (string Scheme, string Remainder) Split(string text)
    {
        var mark = text.IndexOf("://", StringComparison.Ordinal);
        return mark < 0 ? ("", text) : (text[..mark], text[(mark + 3)..]);
    }

    private static DockerHost Unix(string text, string path)
    {
        if (!path.StartsWith('/')) throw Wrong(text, "a socket is named by its absolute path");
        if (path.Contains('\0', StringComparison.Ordinal)) throw Wrong(text, "its path holds a zero character");
        if (Encoding.UTF8.GetByteCount(path) > LongestSocketPath) throw Wrong(text, $"its path is longer than {LongestSocketPath} bytes");
        return new(text, path, new("http://docker/"));
    }

    private static DockerHost Tcp(string text, string authority)
    {
        var isUsable = Uri.TryCreate("http://" + authority, UriKind.Absolute, out var address)
            && address.UserInfo.Length == 0 && address.PathAndQuery == "/" && address.Host.Length > 0;
        if (!isUsable) throw Wrong(text, "what follows is not HOST:PORT");
        var hasPort = authority.TrimEnd('/').EndsWith($":{address!.Port}", StringComparison.Ordinal);
        return new(text, null, hasPort ? address : new UriBuilder(address) { Port = PlainPort }.Uri);
    }

    private static FormatException Wrong(string text, string why) =>
        new($"'{Quote.Short(text)}' is not an engine's address: {why}; use unix:///var/run/docker.sock or tcp://HOST:PORT");
}
