using System.Net.Sockets;
using AppPreflight.Images;
using AppPreflight.Upgrades;

namespace AppPreflight.Registry;

/// <summary>Asks the App Center's own question for paid apps, and sorts what comes of it exactly as its Python would.</summary>
/// <remarks>
/// Source: appcenter-docker/docker.py, access(): GET with the licence's key as user and password, sent unasked, 60 s; caught are
/// HTTPError, URLError, CertificateError and BadStatusLine. urllib wraps in URLError what fails until the request is out
/// (no such host, refused, time-out while connecting, TLS), but not what fails while it waits for the answer: a time-out or a reset there
/// ends the command. "Remote end closed connection" is a BadStatusLine. Of the proxies only UCR proxy/http counts, for both schemes.
/// Unlike urllib, a redirect to another host does not get the key.
/// </remarks>
internal sealed class PermissionDesk(RegistrySettings settings, TimeProvider time) : IDisposable
{
    private const int MostRedirects = 10;

    private readonly Lazy<HttpMessageInvoker> invoker = new(() => new(Open(settings)));

    public async Task<PermissionAnswer> ProbeAsync(PermissionProbe probe, CancellationToken cancellationToken)
    {
        if (!Uri.TryCreate(probe.Url, UriKind.Absolute, out var address)) return PermissionAnswer.Denied;
        try
        {
            return await AskAsync(address, cancellationToken);
        }
        catch (HttpRequestException e)
        {
            return IsUncaught(e) ? PermissionAnswer.Uncaught : PermissionAnswer.Denied;
        }
    }

    public void Dispose()
    {
        if (invoker.IsValueCreated) invoker.Value.Dispose();
    }

    private async Task<PermissionAnswer> AskAsync(Uri first, CancellationToken cancellationToken)
    {
        // Python formats a missing key as "None"
        var key = settings.LicenceKey ?? "None";
        var address = first;
        for (var redirects = 0; redirects <= MostRedirects; redirects++)
        {
            if (address.Scheme != Uri.UriSchemeHttps && address.Scheme != Uri.UriSchemeHttp) return PermissionAnswer.Denied;
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            if (Exchange.IsSameOrigin(first, address)) request.Headers.Authorization = TokenDesk.Basic(new Credential(key, key));
            using var response = await Exchange.SendAsync(invoker.Value, request, settings.Limits.Probe, time, cancellationToken);
            if (Exchange.RedirectOf(response, address) is not { } target)
                return response.IsSuccessStatusCode ? PermissionAnswer.Granted : PermissionAnswer.Denied;
            address = target;
        }

        return PermissionAnswer.Denied;
    }

    private static bool IsUncaught(HttpRequestException e) =>
        Exchange.IsTimeout(e)
        || (e.HttpRequestError is not (HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError)
            && Blame.Inner<SocketException>(e)?.SocketErrorCode == SocketError.ConnectionReset);

    private static SocketsHttpHandler Open(RegistrySettings settings)
    {
        var handler = Connections.Plain(settings.Limits);
        var proxy = new EngineProxy(new EngineNetwork { HttpProxy = settings.AppCenterProxy, HttpsProxy = settings.AppCenterProxy });
        handler.UseProxy = proxy.IsNeeded;
        handler.Proxy = proxy.IsNeeded ? proxy : null;
        return handler;
    }
}
