using System.Net;
using AppPreflight.Images;

namespace AppPreflight.Registry;

/// <summary>Which registries may lack TLS, or have a certificate nobody vouches for: the engine's own list, and loopback.</summary>
/// <remarks>Source: moby registry/config.go, isSecureIndex (20.10): the host as written, else any address it resolves to.</remarks>
internal sealed class InsecureRule(EngineNetwork network, HostNames? names = null)
{
    private static readonly IPNetwork Loopback = new(IPAddress.Parse("127.0.0.0"), 8);

    private readonly HostNames names = names ?? HostNames.System;
    private readonly HashSet<string> hosts = new(network.InsecureHosts.Select(host => host.Trim()), StringComparer.OrdinalIgnoreCase);

    private readonly IReadOnlyList<IPNetwork> networks =
        [Loopback, .. network.InsecureNetworks.Select(Parse).OfType<IPNetwork>()];

    /// <param name="authority">Host, or host:port, as in a reference.</param>
    public async Task<bool> AppliesAsync(string authority, CancellationToken cancellationToken)
    {
        if (hosts.Contains(authority)) return true;
        var host = HostOf(authority);
        if (IPAddress.TryParse(host, out var literal)) return Covers(literal);
        // a name that does not resolve is secure, as for moby: the proxy may know it although this host does not
        return (await names.FindAsync(host, cancellationToken)).Any(Covers);
    }

    /// <summary>Nobody listens in on the loopback device.</summary>
    public static bool IsLoopback(string authority) =>
        IPAddress.TryParse(HostOf(authority), out var ip) && IPAddress.IsLoopback(ip);

    /// <summary>The host without port and brackets.</summary>
    public static string HostOf(string authority)
    {
        if (authority is ['[', ..]) return authority[1..Math.Max(1, authority.IndexOf(']', StringComparison.Ordinal))];
        var colon = authority.LastIndexOf(':');
        return colon < 0 ? authority : authority[..colon];
    }

    private bool Covers(IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return networks.Any(one => one.BaseAddress.AddressFamily == plain.AddressFamily && one.Contains(plain));
    }

    private static IPNetwork? Parse(string text)
    {
        // Go masks the host bits ("10.1.2.3/8"), .NET refuses them
        if (IPNetwork.TryParse(text, out var network)) return network;
        return text.Split('/') is [var address, var bits] && IPAddress.TryParse(address, out var ip)
            && int.TryParse(bits, System.Globalization.NumberStyles.None, null, out var length)
            && length <= ip.GetAddressBytes().Length * 8
            ? new(Masked(ip, length), length)
            : null;
    }

    private static IPAddress Masked(IPAddress ip, int length)
    {
        var bytes = ip.GetAddressBytes();
        for (var i = 0; i < bytes.Length; i++)
            bytes[i] &= (byte)(0xFF00 >> Math.Clamp(length - (i * 8), 0, 8));
        return new(bytes);
    }
}
