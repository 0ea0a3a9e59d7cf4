using System.Collections.Concurrent;
using AppPreflight.Oci;

namespace AppPreflight.Registry;

/// <summary>Finds the places the engine would ask for an image, in its order.</summary>
/// <remarks>Source: moby registry/service_v2.go, lookupV2Endpoints (20.10): mirrors for Docker Hub alone, then the Hub; https, then http where insecure.</remarks>
internal sealed class EndpointList(RegistrySettings settings, Connections connections) : IDisposable
{
    public const string HubHost = "registry-1.docker.io";

    private readonly ConcurrentDictionary<string, RegistryEndpoint> known = new(StringComparer.OrdinalIgnoreCase);

    public async ValueTask<IReadOnlyList<RegistryEndpoint>> ForAsync(ImageReference reference, CancellationToken cancellationToken)
    {
        if (!reference.IsDockerHub) return [await OwnAsync(reference.Registry, cancellationToken)];
        return [.. settings.Network.Mirrors.Select(Mirror).OfType<RegistryEndpoint>(), Endpoint(HubHost, [Uri.UriSchemeHttps])];
    }

    public void Dispose()
    {
        foreach (var endpoint in known.Values) endpoint.Dispose();
    }

    private async ValueTask<RegistryEndpoint> OwnAsync(string authority, CancellationToken cancellationToken)
    {
        if (known.TryGetValue(authority, out var endpoint)) return endpoint;
        var isInsecure = await connections.IsInsecureAsync(authority, cancellationToken);
        return Endpoint(authority, Schemes(authority, isInsecure));
    }

    // https first keeps a listener on the way out; on loopback there is none, and plain http saves a failed handshake
    private static string[] Schemes(string authority, bool isInsecure) =>
        !isInsecure ? [Uri.UriSchemeHttps]
        : InsecureRule.IsLoopback(authority) ? [Uri.UriSchemeHttp, Uri.UriSchemeHttps]
        : [Uri.UriSchemeHttps, Uri.UriSchemeHttp];

    private RegistryEndpoint? Mirror(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
            ? known.GetOrAdd("mirror " + uri.Authority, _ => new(uri.Authority, [uri.Scheme], settings.Limits.Parallel) { IsMirror = true })
            : null;

    private RegistryEndpoint Endpoint(string authority, string[] schemes) =>
        known.GetOrAdd(authority, key => new(key, schemes, settings.Limits.Parallel));
}
