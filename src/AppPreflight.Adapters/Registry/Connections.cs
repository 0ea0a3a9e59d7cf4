using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace AppPreflight.Registry;

/// <summary>Open connections for the whole run: one pool for each way of trusting (the system, nobody asked, a certs.d folder).</summary>
internal sealed class Connections(RegistrySettings settings) : IDisposable
{
    private const string System = "";
    private const string Unverified = "*";

    private readonly ConcurrentDictionary<string, Lazy<HttpMessageInvoker>> pools = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<string, string> policies = new(StringComparer.OrdinalIgnoreCase);
    private readonly EngineProxy proxy = new(settings.Network);
    private readonly InsecureRule insecure = new(settings.Network);

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
        handler.UseProxy = proxy.IsNeeded;
        handler.Proxy = proxy.IsNeeded ? proxy : null;
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
