using System.Net;

namespace AppPreflight.Registry;

/// <summary>An answer whose body has not been read yet; it keeps its place at the registry until disposed.</summary>
internal sealed class Answer(HttpResponseMessage response, RegistryEndpoint from, IDisposable place) : IDisposable
{
    public RegistryEndpoint From => from;

    public HttpStatusCode Status => response.StatusCode;

    public HttpContent Body => response.Content;

    /// <summary>The media type alone, lower case; empty when the server names none.</summary>
    public string MediaType => (Header("Content-Type") ?? "").Split(';', 2)[0].Trim().ToLowerInvariant();

    public bool IsHtml => MediaType is "text/html" or "application/xhtml+xml";

    /// <summary>Content codings in the way ("gzip"); null for none.</summary>
    public string? Encoding => Header("Content-Encoding") is { Length: > 0 } coding and not "identity" ? coding : null;

    /// <summary>The host that answered in the end, when it was not the registry: object storage.</summary>
    public string? RedirectedTo =>
        response.RequestMessage?.RequestUri is { } end && !end.Authority.Equals(from.Authority, StringComparison.OrdinalIgnoreCase)
            ? end.Authority : null;

    /// <summary>"registry.example.org", or "registry.example.org (redirected to cdn.example.net)".</summary>
    public string Who => RedirectedTo is { } other ? $"{from.Authority} (redirected to {other})" : from.Authority;

    public string? Header(string name)
    {
        if (response.Headers.NonValidated.TryGetValues(name, out var values)
            || response.Content.Headers.NonValidated.TryGetValues(name, out values))
            return values.ToString();
        return null;
    }

    public void Dispose()
    {
        response.Dispose();
        place.Dispose();
    }
}
