using System.Net;
using AppPreflight.Images;

namespace AppPreflight.Registry;

/// <summary>Takes the proxy that the engine would take; the environment of this process does not count.</summary>
/// <remarks>
/// Source: golang.org/x/net/http/httpproxy, ProxyForURL and useProxy. NO_PROXY entries: "*", an address, a network, a
/// domain ("foo.com" with its subdomains, ".foo.com" and "*.foo.com" only these), each with an optional port; loopback
/// and localhost never take a proxy. In <c>/info</c> the engine masks a proxy's user and password as "xxxxx:xxxxx"
/// (moby daemon/info.go, maskCredentials): such a pair is not sent.
/// </remarks>
internal sealed class EngineProxy : IWebProxy
{
    private const string Masked = "xxxxx:xxxxx";

    private readonly Uri? http;
    private readonly Uri? https;
    private readonly IReadOnlyList<(string Text, int? Port)> exceptions;

    public EngineProxy(EngineNetwork network)
    {
        (http, https) = (Parse(network.HttpProxy), Parse(network.HttpsProxy));
        exceptions = [.. (network.NoProxy ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(SplitPort)];
        Credentials = new Logins(http, https);
    }

    public ICredentials? Credentials { get; set; }

    public bool IsNeeded => http is not null || https is not null;

    public Uri? GetProxy(Uri destination) => IsBypassed(destination) ? null : Bare(Of(destination));

    public bool IsBypassed(Uri host) => Of(host) is null || IsDirect(host);

    /// <returns>Null for none, or for one that can't be read.</returns>
    public static Uri? Parse(string? text)
    {
        if (string.IsNullOrWhiteSpace(text)) return null;
        return TryParse(text) ?? TryParse("http://" + text);

        static Uri? TryParse(string text) =>
            Uri.TryCreate(text.Trim(), UriKind.Absolute, out var uri) && uri.Host.Length > 0
            && uri.Scheme is "http" or "https" or "socks5" ? uri : null;
    }

    private Uri? Of(Uri destination) => destination.Scheme == Uri.UriSchemeHttps ? https : http;

    // without its user: the address can appear in a message, the credentials come from Credentials
    private static Uri? Bare(Uri? proxy) => proxy is null ? null : new UriBuilder(proxy) { UserName = "", Password = "" }.Uri;

    private bool IsDirect(Uri destination)
    {
        var host = destination.IdnHost.Trim('[', ']').ToLowerInvariant();
        if (host == "localhost") return true;
        var ip = IPAddress.TryParse(host, out var address) ? address : null;
        if (ip is not null && IPAddress.IsLoopback(ip)) return true;
        return exceptions.Any(entry => (entry.Port is null || entry.Port == destination.Port) && Matches(entry.Text, host, ip));
    }

    private static bool Matches(string entry, string host, IPAddress? ip)
    {
        if (entry == "*") return true;
        if (IPNetwork.TryParse(entry, out var network)) return ip is not null && network.Contains(ip);
        if (IPAddress.TryParse(entry, out var address)) return address.Equals(ip);
        var domain = entry.StartsWith("*.", StringComparison.Ordinal) ? entry[1..] : entry;
        return domain is ['.', ..]
            ? host.EndsWith(domain, StringComparison.Ordinal)
            : host == domain || host.EndsWith("." + domain, StringComparison.Ordinal);
    }

    private static (string Text, int? Port) SplitPort(string entry)
    {
        var text = entry.ToLowerInvariant();
        var colon = text.LastIndexOf(':');
        var isPort = colon > 0 && (text[colon - 1] == ']' || text.IndexOf(':', StringComparison.Ordinal) == colon);
        return isPort && int.TryParse(text[(colon + 1)..], System.Globalization.NumberStyles.None, null, out var port)
            ? (text[..colon].Trim('[', ']'), port)
            : (text.Trim('[', ']'), null);
    }

    /// <summary>User and password as they stand in the proxies' addresses.</summary>
    private sealed class Logins(params Uri?[] proxies) : ICredentials
    {
        public NetworkCredential? GetCredential(Uri uri, string authType)
        {
            var own = proxies.FirstOrDefault(proxy => proxy?.Host == uri.Host && proxy.Port == uri.Port);
            if (own is not { UserInfo: { Length: > 0 } pair } || pair == Masked) return null;
            var parts = pair.Split(':', 2);
            return new(Uri.UnescapeDataString(parts[0]), Uri.UnescapeDataString(parts.Length > 1 ? parts[1] : ""));
        }
    }
}
