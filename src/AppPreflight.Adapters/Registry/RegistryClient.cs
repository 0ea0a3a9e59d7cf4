using System.Collections.Concurrent;
using AppPreflight.Archive;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Ports;
using AppPreflight.Upgrades;

namespace AppPreflight.Registry;

/// <summary>Asks registries the way the engine of this host would reach them. One for a whole run: connections and tokens are kept.</summary>
/// <remarks>
/// A manifest is asked for by GET alone. A HEAD costs no quota, but all it gives is a header, and a header proves nothing:
/// only bytes make a verdict. Layers are asked for by HEAD, at content depth by GET.
/// </remarks>
internal sealed class RegistryClient : IImageRegistry, IImageCopies
{
    private readonly RegistrySettings settings;
    private readonly TimeProvider time;
    private readonly Connections connections;
    private readonly EndpointList endpoints;
    private readonly Logins logins;
    private readonly TokenDesk tokens;
    private readonly Wire wire;
    private readonly ImageResolver resolver;
    private readonly PermissionDesk permissions;
    private readonly SemaphoreSlim retracing = new(1);
    private readonly ConcurrentDictionary<(RegistryEndpoint Endpoint, string Repository, bool IsPaid), Account> accounts = new();

    public RegistryClient(RegistrySettings settings, TimeProvider time)
    {
        (this.settings, this.time) = (settings, time);
        connections = new(settings);
        endpoints = new(settings, connections);
        logins = new(settings);
        tokens = new(connections, settings.Limits, time);
        wire = new(connections, settings.Limits, time);
        resolver = new(new DocumentReader(settings.Limits, time));
        permissions = new(settings, time);
    }

    public Task<ServedImage> ResolveAsync(ImageRequirement image, Platform platform, CancellationToken cancellationToken) =>
        AnywhereAsync(
            image,
            endpoint => resolver.ResolveAsync(image.Reference, platform, question => AskAsync(endpoint, image, question, cancellationToken), cancellationToken),
            _ => true,
            cancellationToken);

    public Task<long?> FindLayerAsync(ImageRequirement image, Descriptor layer, CancellationToken cancellationToken) =>
        AnywhereAsync(image, endpoint => FindAsync(endpoint, image, layer, cancellationToken), _ => true, cancellationToken);

    public Task<LayerProof> ReadLayerAsync(ImageRequirement image, Descriptor layer, IProgress<long>? progress, CancellationToken cancellationToken) =>
        ReadLayerAsync(image, layer, progress, null, cancellationToken);

    public Task<ImageForm> DescribeAsync(string name, Platform platform, CancellationToken cancellationToken)
    {
        var image = CopyLister.Named(name);
        return AnywhereAsync(
            image,
            endpoint => resolver.DescribeAsync(name, image.Reference, platform, question => AskAsync(endpoint, image, question, cancellationToken), cancellationToken),
            _ => true,
            cancellationToken);
    }

    public Task<IReadOnlyList<LayerFiles>> ListLayersAsync(
        ImageForm image, IReadOnlyList<int> layers, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        var named = CopyLister.Named(image.Name);
        return new CopyLister(
            (layer, token) => FindLayerAsync(named, layer, token),
            (layer, list, part, token) => ReadLayerAsync(named, layer, part, list, token),
            settings.Limits.CompressedBytes)
            .ListAsync(image, layers, progress, cancellationToken);
    }

    public async Task<long?> UnpackedSizeAsync(ImageRequirement image, Descriptor layer, CancellationToken cancellationToken)
    {
        if (MediaType.Compression(layer.MediaType) == LayerCompression.None) return layer.SizeBytes;
        if (UnpackedSize.PartOf(layer) is not { } part) return null;
        try
        {
            var size = await AnywhereAsync(image, endpoint => TellAsync(endpoint, image, layer, part, cancellationToken), size => size is not null, cancellationToken);
            return size <= settings.Limits.Unpack.TarBytes ? size : null;
        }
        catch (Exception e) when (e is SourceException or IOException or HttpRequestException)
        {
            return null;
        }
    }

    public async Task<BlobRetrace> RetraceAsync(ImageRequirement image, BlobPromise promise, CancellationToken cancellationToken)
    {
        // one at a time: each may cost a gigabyte, and holds two places when it compares
        await retracing.WaitAsync(cancellationToken);
        try
        {
            var routes = new FetchRoutes(await endpoints.ForAsync(image.Reference, cancellationToken), connections, settings.Names);
            var opener = new BlobOpener(
                image.Reference, promise, connections, endpoint => AccountOf(endpoint, image), logins.Hint(image.Reference.Registry), settings.Limits, time);
            return await new BlobRetracer(promise, routes, opener, settings.Limits, time).RunAsync(cancellationToken);
        }
        finally
        {
            retracing.Release();
        }
    }

    public Task<PermissionAnswer> ProbeAsync(PermissionProbe probe, CancellationToken cancellationToken) =>
        permissions.ProbeAsync(probe, cancellationToken);

    /// <summary>What the registry let in; before anybody asked it, what the App Center would log in with.</summary>
    public Credential? CredentialFor(ImageRequirement image)
    {
        var own = accounts.FirstOrDefault(entry => entry.Value.IsSettled && !entry.Key.Endpoint.IsMirror && entry.Key.Repository == image.Reference.Repository
            && entry.Key.IsPaid == image.InstallPermissions && IsOf(entry.Key.Endpoint, image.Reference)).Value;
        return own is not null ? own.Accepted : logins.For(image) is [var first, ..] ? first : null;
    }

    public void Dispose()
    {
        foreach (var account in accounts.Values) account.Dispose();
        endpoints.Dispose();
        connections.Dispose();
        permissions.Dispose();
        retracing.Dispose();
    }

    private Task<LayerProof> ReadLayerAsync(
        ImageRequirement image, Descriptor layer, IProgress<long>? progress, Func<LayerListing>? list, CancellationToken cancellationToken) =>
        AnywhereAsync(
            image,
            endpoint => new LayerReader(layer, (first, token) => AskAsync(endpoint, image, Part(image, layer, first), token), progress, settings.Unpacking, settings.Limits, time, list)
                .ReadAsync(cancellationToken),
            proof => proof.Digest == layer.Digest,
            cancellationToken);

    private static bool IsOf(RegistryEndpoint endpoint, ImageReference reference) =>
        endpoint.Authority.Equals(reference.IsDockerHub ? EndpointList.HubHost : reference.Registry, StringComparison.OrdinalIgnoreCase);

    private static Question Part(ImageRequirement image, Descriptor layer, long firstByte) =>
        Question.Blob(HttpMethod.Get, image.Reference, layer.Digest) with { Range = firstByte > 0 ? new(firstByte, null) : null };

    /// <summary>Tries the mirrors, then the registry itself, whose answer is final.</summary>
    /// <remarks>Source: moby distribution/pull.go (20.10): after any fault of a mirror the next place is asked.</remarks>
    private async Task<T> AnywhereAsync<T>(
        ImageRequirement image, Func<RegistryEndpoint, Task<T>> ask, Func<T, bool> isGood, CancellationToken cancellationToken)
    {
        var places = await endpoints.ForAsync(image.Reference, cancellationToken);
        for (var i = 0; i < places.Count - 1; i++)
        {
            try
            {
                var result = await ask(places[i]);
                if (isGood(result)) return result;
            }
            catch (SourceException)
            {
                // a mirror may be wrong; the last place may not
            }
        }

        return await ask(places[^1]);
    }

    private async Task<long?> FindAsync(RegistryEndpoint endpoint, ImageRequirement image, Descriptor layer, CancellationToken cancellationToken)
    {
        var head = Question.Blob(HttpMethod.Head, image.Reference, layer.Digest);
        using (var answer = await wire.TryAsync(endpoint, AccountOf(endpoint, image), head, cancellationToken))
        {
            if ((int)answer.Status is >= 200 and < 300)
            {
                var size = answer.Body.Headers.ContentLength;
                // a portal says yes to everything
                return answer.IsHtml && size != layer.SizeBytes ? throw Blame.Html(answer, head.Subject) : size;
            }

            // an address signed for GET refuses HEAD: then the first byte has to do
            var isHeadRefused = (int)answer.Status is 405 or 501 || (answer.RedirectedTo is not null && (int)answer.Status is 400 or 403);
            if (!isHeadRefused)
                throw await Blame.StatusAsync(answer, head, HintFor(endpoint, image), settings.Limits, time, cancellationToken);
        }

        using var first = await AskAsync(endpoint, image, head with { Method = HttpMethod.Get, Range = new(0, 0) }, cancellationToken);
        return first.Body.Headers.ContentRange?.Length ?? first.Body.Headers.ContentLength;
    }

    private async Task<long?> TellAsync(RegistryEndpoint endpoint, ImageRequirement image, Descriptor layer, (long First, long Last) part, CancellationToken cancellationToken)
    {
        var question = Question.Blob(HttpMethod.Get, image.Reference, layer.Digest) with { Range = new(part.First, part.Last) };
        using var answer = await AskAsync(endpoint, image, question, cancellationToken);
        // the whole layer in place of its end is not read
        if (!RangedBody.IsPiece(answer, part.First) || answer.Encoding is not null || answer.Body.Headers.ContentRange?.Length is { } size && size != layer.SizeBytes) return null;
        var bytes = await BoundedBody.ReadAsync(answer.Body, (int)(part.Last - part.First + 1), settings.Limits, time, cancellationToken);
        return bytes is null ? null : UnpackedSize.Read(layer, bytes, settings.Limits.Unpack.BombRatio);
    }

    private Task<Answer> AskAsync(RegistryEndpoint endpoint, ImageRequirement image, Question question, CancellationToken cancellationToken) =>
        wire.AskAsync(endpoint, AccountOf(endpoint, image), question, logins.Hint(image.Reference.Registry), cancellationToken);

    private string HintFor(RegistryEndpoint endpoint, ImageRequirement image) =>
        AccountOf(endpoint, image).Reserve + logins.Hint(image.Reference.Registry);

    private Account AccountOf(RegistryEndpoint endpoint, ImageRequirement image) =>
        accounts.GetOrAdd((endpoint, image.Reference.Repository, image.InstallPermissions), key =>
            new(key.Endpoint, key.Repository, key.Endpoint.IsMirror ? [] : logins.For(image), tokens, time));
}
