using System.Net;
using System.Net.Sockets;
using AppPreflight.Images;

namespace AppPreflight.Registry;

/// <summary>Which ways there are from here to the places that serve an image.</summary>
/// <param name="places">Mirrors first, the registry itself last.</param>
internal sealed class FetchRoutes(IReadOnlyList<RegistryEndpoint> places, Connections connections, HostNames names)
{
    private RegistryEndpoint Origin => places[^1];

    public IReadOnlyList<FetchRoute> AsTheEngine => [new(FetchWay.Plain, Origin), new(FetchWay.Again, Origin)];

    /// <param name="hosts">All hosts that had a part in the answers so far.</param>
    public async Task<IReadOnlyList<FetchRoute>> OtherAsync(IReadOnlyCollection<string> hosts, CancellationToken cancellationToken)
    {
        var hasProxy = hosts.Any(TakesProxy);
        var routes = new List<FetchRoute>();
        if (hasProxy) routes.Add(new(FetchWay.Direct, Origin));
        routes.Add(new(FetchWay.Ranges, Origin));
        routes.AddRange(places.SkipLast(1).Select(mirror => new FetchRoute(FetchWay.Mirror, mirror)));
        // through a proxy the address family is the proxy's to choose
        if (!TakesProxy(Origin.Authority) && await HasBothAsync(InsecureRule.HostOf(Origin.Authority), cancellationToken))
            routes.AddRange([new(FetchWay.Ipv4, Origin), new(FetchWay.Ipv6, Origin)]);
        return routes;
    }

    private bool TakesProxy(string authority) =>
        (authority.Equals(Origin.Authority, StringComparison.OrdinalIgnoreCase) ? Origin.Schemes : [Uri.UriSchemeHttps, Uri.UriSchemeHttp])
        .Any(scheme => connections.TakesProxy(scheme, authority));

    private async Task<bool> HasBothAsync(string host, CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(host, out _)) return false;
        var addresses = await names.FindAsync(host, cancellationToken);
        return addresses.Any(address => address.AddressFamily == AddressFamily.InterNetwork)
            && addresses.Any(address => address is { AddressFamily: AddressFamily.InterNetworkV6, IsIPv4MappedToIPv6: false });
    }
}
