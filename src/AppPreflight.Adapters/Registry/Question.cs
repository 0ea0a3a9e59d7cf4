using System.Net.Http.Headers;
using AppPreflight.Oci;

namespace AppPreflight.Registry;

/// <summary>One request of the distribution API, before anybody has been chosen to ask.</summary>
/// <param name="Path">From the slash of "/v2/" on.</param>
/// <param name="Subject">What is asked for, as a finding names it: a reference or a digest.</param>
internal sealed record Question(HttpMethod Method, string Path, string Subject)
{
    private static readonly string Accept = string.Join(", ", MediaType.Acceptable);

    private bool IsManifest { get; init; }

    public RangeHeaderValue? Range { get; init; }

    /// <summary>A tag or digest of a repository.</summary>
    public static Question Manifest(ImageReference reference, string target, string subject) =>
        new(HttpMethod.Get, $"/v2/{reference.Repository}/manifests/{target}", subject) { IsManifest = true };

    public static Question Blob(HttpMethod method, ImageReference reference, Digest digest) =>
        new(method, $"/v2/{reference.Repository}/blobs/{digest}", digest.ToString());

    public HttpRequestMessage Compose(Uri address, AuthenticationHeaderValue? authorization)
    {
        var request = new HttpRequestMessage(Method, address);
        request.Headers.Authorization = authorization;
        request.Headers.Range = Range;
        request.Headers.TryAddWithoutValidation("User-Agent", "app-preflight");
        // a proxy that packs the answer would break every digest (moby #17595)
        request.Headers.TryAddWithoutValidation("Accept-Encoding", "identity");
        if (IsManifest) request.Headers.TryAddWithoutValidation("Accept", Accept);
        return request;
    }
}
