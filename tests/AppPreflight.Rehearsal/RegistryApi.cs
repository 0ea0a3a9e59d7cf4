using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace AppPreflight.Rehearsal;

/// <summary>The few calls of the distribution API that push images, move tags and delete manifests.</summary>
internal sealed class RegistryApi : IDisposable
{
    private readonly HttpClient http;

    public RegistryApi(Uri address, NetworkCredential? account, string certificatePath)
    {
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false };
        if (address.Scheme == Uri.UriSchemeHttps)
        {
            var own = X509CertificateLoader.LoadCertificateFromFile(certificatePath);
            handler.SslOptions.RemoteCertificateValidationCallback = (_, shown, _, _) => own.Equals(shown);
        }

        http = new(handler) { BaseAddress = address };
        if (account is null) return;
        var pair = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{account.UserName}:{account.Password}"));
        http.DefaultRequestHeaders.Authorization = new("Basic", pair);
    }

    public void Dispose() => http.Dispose();

    public async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await http.GetAsync("/v2/", cancellationToken);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    /// <summary>Pushes all blobs and the manifest; the tag names this image from now on. Null: by digest only.</summary>
    public async Task PushAsync(string repository, string? tag, BuiltImage image, CancellationToken cancellationToken)
    {
        await PushBlobAsync(repository, image.ConfigDigest, image.Config, cancellationToken);
        foreach (var layer in image.Layers)
            await PushBlobAsync(repository, layer.Digest, layer.Compressed, cancellationToken);
        await PutManifestAsync(repository, tag ?? image.Manifest.Digest, image.Manifest, cancellationToken);
    }

    /// <summary>Pushes every image of an index by digest, then the index under a tag.</summary>
    public async Task PushAsync(string repository, string tag, BuiltIndex index, CancellationToken cancellationToken)
    {
        foreach (var image in index.Images)
            await PushAsync(repository, null, image, cancellationToken);
        await PutManifestAsync(repository, tag, index.Manifest, cancellationToken);
    }

    /// <summary>Pushes an image as schema 1; the registry has to be one that takes it, and verifies the signatures.</summary>
    public async Task PushAsync(string repository, string tag, BuiltSchema1 image, CancellationToken cancellationToken)
    {
        foreach (var layer in image.Layers)
            await PushBlobAsync(repository, layer.Digest, layer.Compressed, cancellationToken);
        await PutManifestAsync(repository, tag, image.Manifest, cancellationToken);
    }

    public async Task PutManifestAsync(string repository, string reference, BuiltManifest manifest, CancellationToken cancellationToken)
    {
        using var content = new ByteArrayContent(manifest.Bytes);
        content.Headers.ContentType = new(manifest.MediaType);
        using var answer = await http.PutAsync($"/v2/{repository}/manifests/{reference}", content, cancellationToken);
        await ExpectSuccessAsync(answer, $"push {repository}:{reference}", cancellationToken);
    }

    /// <summary>Deletes a manifest and with it every tag that names it; its blobs stay.</summary>
    public async Task DeleteManifestAsync(string repository, string digest, CancellationToken cancellationToken)
    {
        using var answer = await http.DeleteAsync($"/v2/{repository}/manifests/{digest}", cancellationToken);
        await ExpectSuccessAsync(answer, $"delete {repository}@{digest}", cancellationToken);
    }

    /// <summary>The digest a tag names now, or null.</summary>
    public async Task<string?> FindDigestAsync(string repository, string reference, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, $"/v2/{repository}/manifests/{reference}");
        foreach (var type in MediaTypes.Manifests)
            request.Headers.Accept.Add(MediaTypeWithQualityHeaderValue.Parse(type));
        using var answer = await http.SendAsync(request, cancellationToken);
        if (answer.StatusCode == HttpStatusCode.NotFound) return null;
        await ExpectSuccessAsync(answer, $"look for {repository}:{reference}", cancellationToken);
        return answer.Headers.GetValues("Docker-Content-Digest").Single();
    }

    /// <summary>A manifest as it is served to who accepts all of them but schema 1.</summary>
    public async Task<BuiltManifest> GetManifestAsync(string repository, string reference, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v2/{repository}/manifests/{reference}");
        foreach (var type in MediaTypes.Manifests)
            request.Headers.Accept.Add(MediaTypeWithQualityHeaderValue.Parse(type));
        using var answer = await http.SendAsync(request, cancellationToken);
        await ExpectSuccessAsync(answer, $"get {repository}:{reference}", cancellationToken);
        return new(await answer.Content.ReadAsByteArrayAsync(cancellationToken), answer.Content.Headers.ContentType!.MediaType!);
    }

    public async Task<byte[]> GetBlobAsync(string repository, string digest, CancellationToken cancellationToken)
    {
        using var answer = await http.GetAsync($"/v2/{repository}/blobs/{digest}", cancellationToken);
        await ExpectSuccessAsync(answer, $"get {repository}@{digest}", cancellationToken);
        return await answer.Content.ReadAsByteArrayAsync(cancellationToken);
    }

    /// <summary>Pushes one blob from a file, however large.</summary>
    public async Task PushFileAsync(string repository, string digest, string path, CancellationToken cancellationToken)
    {
        using var content = new StreamContent(File.OpenRead(path));
        await PushBlobAsync(repository, digest, content, cancellationToken);
    }

    private async Task PushBlobAsync(string repository, string digest, byte[] bytes, CancellationToken cancellationToken)
    {
        using var content = new ByteArrayContent(bytes);
        await PushBlobAsync(repository, digest, content, cancellationToken);
    }

    private async Task PushBlobAsync(string repository, string digest, HttpContent content, CancellationToken cancellationToken)
    {
        using var head = new HttpRequestMessage(HttpMethod.Head, $"/v2/{repository}/blobs/{digest}");
        using var known = await http.SendAsync(head, cancellationToken);
        if (known.IsSuccessStatusCode) return;
        using var opened = await http.PostAsync($"/v2/{repository}/blobs/uploads/", null, cancellationToken);
        await ExpectSuccessAsync(opened, $"upload to {repository}", cancellationToken);
        var place = opened.Headers.Location!.ToString();
        content.Headers.ContentType = new("application/octet-stream");
        var target = $"{place}{(place.Contains('?', StringComparison.Ordinal) ? '&' : '?')}digest={Uri.EscapeDataString(digest)}";
        using var stored = await http.PutAsync(target, content, cancellationToken);
        await ExpectSuccessAsync(stored, $"upload {digest}", cancellationToken);
    }

    private static async Task ExpectSuccessAsync(HttpResponseMessage answer, string what, CancellationToken cancellationToken)
    {
        if (answer.IsSuccessStatusCode) return;
        var body = await answer.Content.ReadAsStringAsync(cancellationToken);
        throw new RehearsalException($"the registry refused to {what}: {(int)answer.StatusCode} {body}");
    }
}
