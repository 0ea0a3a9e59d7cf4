using System.Net.Sockets;
using AppPreflight.Images;

namespace AppPreflight.Registry;

/// <summary>One way to one place: whom to ask, past the proxy or not, over which address family.</summary>
internal sealed record FetchRoute(FetchWay Way, RegistryEndpoint Endpoint)
{
    public bool IsPastProxy => Way == FetchWay.Direct;

    /// <summary>Null: whichever there is.</summary>
    public AddressFamily? Family => Way switch
    {
        FetchWay.Ipv4 => AddressFamily.InterNetwork,
        FetchWay.Ipv6 => AddressFamily.InterNetworkV6,
        _ => null,
    };

    /// <summary>The way in words, to begin a sentence with.</summary>
    public string Name => Way switch
    {
        FetchWay.Plain => "As the engine does",
        FetchWay.Again => "Once more as the engine does",
        FetchWay.Direct => "Past the proxy",
        FetchWay.Ranges => "In pieces",
        FetchWay.Mirror => $"From the mirror {Endpoint.Authority}",
        FetchWay.Ipv4 => "Over IPv4",
        _ => "Over IPv6",
    };
}
