using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace AppPreflight.Registry;

/// <summary>Open connections for the whole run: one pool for each way of trusting (the system, nobody asked, a certs.d folder).</summary>
internal sealed class Connections : IDisposable
{
    private const string System = "";
    private const string Unverified = "*";

    private readonly ConcurrentDictionary<string, Lazy<HttpMessageInvoker>> pools = new(StringComparer.OrdinalIgnoreCase);
    private readonly RegistrySettings settings;
    private readonly ConcurrentDictionary<string, string> policies;
    private readonly EngineProxy proxy;
    private readonly InsecureRule insecure;
    private readonly FetchRoute? route;

    public Connections(RegistrySettings settings)
    {
        (this.settings, policies) = (settings, new(StringComparer.OrdinalIgnoreCase));
        (proxy, insecure) = (new(settings.Network), new(settings.Network, settings.Names));
    }

    private Connections(Connections kin, FetchRoute route) =>
        (settings, policies, proxy, insecure, this.route) = (kin.settings, kin.policies, kin.proxy, kin.insecure, route);

    /// <summary>New connections by one route alone; who is trusted how stays the same. To be disposed of by the caller.</summary>
    public Connections Along(FetchRoute route) => new(this, route);

    /// <summary>Whether the engine would take a proxy to this host.</summary>
    public bool TakesProxy(string scheme, string authority) =>
        Uri.TryCreate($"{scheme}://{authority}", UriKind.Absolute, out var address) && !proxy.IsBypassed(address);

    /// <summary>Whether the engine would talk to this host without TLS or without a look at its certificate.</summary>
    public async ValueTask<bool> IsInsecureAsync(string authority, CancellationToken cancellationToken) =>
        await PolicyOfAsync(authority, cancellationToken) == Unverified;

    /// <param name="authority">Host, or host:port when it is not the scheme's own.</param>
    public async ValueTask<HttpMessageInvoker> ForAsync(string authority, CancellationToken cancellationToken)
    {
        var policy = await PolicyOfAsync(authority, cancellationToken);
        return pools.GetOrAdd(policy, key => new(() => new(Open(key)))).Value;
    }

    public void Dispose()
    {
        foreach (var pool in pools.Values.Where(pool => pool.IsValueCreated)) pool.Value.Dispose();
    }

    // moby looks into certs.d only for registries that are to be verified
    private async ValueTask<string> PolicyOfAsync(string authority, CancellationToken cancellationToken)
    {
        if (policies.TryGetValue(authority, out var known)) return known;
        var isInsecure = await insecure.AppliesAsync(authority, cancellationToken);
        return policies[authority] = isInsecure ? Unverified
            : CertsFolder.Read(settings.Root, authority) is not null ? authority
            : System;
    }

    [SuppressMessage("Security", "CA5359", Justification = "The engine's operator has named this registry insecure.")]
    private SocketsHttpHandler Open(string policy)
    {
        var handler = Plain(settings.Limits);
        handler.UseProxy = proxy.IsNeeded && route is not { IsPastProxy: true };
        handler.Proxy = handler.UseProxy ? proxy : null;
        if (route is not null) handler.ConnectCallback = new Dialer(settings.Names, route.Family).ConnectAsync;
        if (policy == Unverified) handler.SslOptions.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
        else if (policy != System) CertsFolder.Read(settings.Root, policy)?.Apply(handler.SslOptions);
        return handler;
    }

    /// <summary>A handler that does nothing by itself: no redirects, no cookies, no unpacking, no proxy of the environment.</summary>
    public static SocketsHttpHandler Plain(RegistryLimits limits) => new()
    {
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        UseCookies = false,
        UseProxy = false,
        ConnectTimeout = limits.Connect,
        MaxResponseHeadersLength = 64,
        MaxResponseDrainSize = 0,
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
        ActivityHeadersPropagator = null,
    };
}
