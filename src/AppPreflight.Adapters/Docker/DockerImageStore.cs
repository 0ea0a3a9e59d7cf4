using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Ports;

namespace AppPreflight.Docker;

/// <summary>A Docker engine's image store over its API.</summary>
/// <remarks>
/// What 20.10.24 does with an image whose configuration (imagedb/content/sha256/ID) no longer hashes to its id, found with the real
/// engine: it vanishes from /images/json; inspect and DELETE by tag, digest, full and short id answer 404 "No such image", as if it
/// were absent; so before and after a restart. The tag in repositories.json stays, and containers still name the id. Only
/// GET /images/NAME/get tells: 500 "failed to verify: sha256:ID" ("failed to get digest ... no such file" when the file is gone).
/// A pull (or load) of the same image writes the file anew and heals it. Hence: what inspect does not find is asked for once more by export.
/// </remarks>
internal sealed class DockerImageStore : IImageStore, IDisposable
{
    private const int ParallelQuestions = 8;

    private readonly DockerHost host;
    private readonly DockerHttp http;
    private readonly EngineExport export;

    public DockerImageStore(DockerHost host, TimeProvider time)
        : this(host, time, TimeSpan.FromMinutes(1))
    {
    }

    /// <param name="answerLimit">How long the engine may take over a question.</param>
    public DockerImageStore(DockerHost host, TimeProvider time, TimeSpan answerLimit)
    {
        this.host = host;
        http = new(host, time, answerLimit);
        Events = new(http, time);
        export = new(http);
        Copies = new(http, export);
    }

    /// <summary>What goes on in the engine.</summary>
    public EngineEvents Events { get; }

    /// <summary>Its images, to be compared with others.</summary>
    public EngineCopies Copies { get; }

    public void Dispose() => http.Dispose();

    public async Task<EngineState> ReadAsync(CancellationToken cancellationToken)
    {
        var version = http.AskAsync("/version", DockerJson.Default.VersionAnswer, "name its version", cancellationToken);
        var info = http.AskAsync("/info", DockerJson.Default.InfoAnswer, "describe itself", cancellationToken);
        var images = http.AskAsync("/images/json?all=1", DockerJson.Default.ImageLines, "list its images", cancellationToken);
        var containers = http.AskAsync("/containers/json?all=1", DockerJson.Default.ContainerLines, "list its containers", cancellationToken);
        await Task.WhenAll(version, info, images, containers);
        var stored = await StoredAsync(await images, await containers, cancellationToken);
        try
        {
            return EngineReading.State(await info, await version, host.SocketPath is not null, SpaceOf(await info), stored);
        }
        catch (FormatException wrong)
        {
            throw DockerErrors.OfGarbage("'describe itself'", wrong);
        }
    }

    /// <exception cref="SourceException">
    /// Also <see cref="Fault.Corrupt"/>: the name is there, but the configuration it leads to no longer is what it was (subject: its id).
    /// </exception>
    public async Task<Digest?> FindAsync(ImageReference reference, CancellationToken cancellationToken)
    {
        var path = EngineName.PathOf(reference);
        try
        {
            var answer = await http.AskAsync($"/images/{path}/json", DockerJson.Default.ImageAnswer, $"look {reference} up", cancellationToken);
            return IdOf(answer.Id);
        }
        catch (SourceException fault) when (fault.Fault == Fault.Missing)
        {
            return await export.ProbeAsync(path, reference.ToString(), cancellationToken) is { } damage ? throw new SourceException(damage) : null;
        }
    }

    public async Task<StoredContent> ExportAsync(StoredImage image, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        var name = image.Tags is [var first, ..] ? first : image.Id.Short;
        var exported = await export.ReadAsync(EngineName.PathOf(image.Id.ToString()), name, null, progress, cancellationToken);
        if (exported.Files is null) return new() { HashedBytes = exported.HashedBytes, Fault = exported.Fault };
        var content = exported.Files.Content(image.DiffIds) with { HashedBytes = exported.HashedBytes };
        return content.Fault is null ? content : content with { Fault = exported.Late ?? content.Fault };
    }

    /// <remarks>
    /// The platform is named only where it is not the engine's own: an ordinary pull then is the one that the App Center would
    /// make, and its choice from an index the engine's own.
    /// </remarks>
    public async Task PullAsync(
        ImageReference reference, Platform platform, Credential? credential, IProgress<PullProgress>? progress, CancellationToken cancellationToken)
    {
        var path = $"/images/create?fromImage={Uri.EscapeDataString(reference.Name)}&tag={Uri.EscapeDataString(reference.Target)}";
        if (!await IsOwnAsync(platform, cancellationToken)) path += $"&platform={Uri.EscapeDataString(platform.ToString())}";
        var auth = credential is null ? null : RegistryAuth.Header(reference, credential);
        await http.WhileHeardAsync(async (heard, limited) =>
        {
            using var answer = await http.ActAsync(HttpMethod.Post, path, auth, limited);
            if (!answer.IsSuccessStatusCode) throw PullReader.Refused(reference.ToString(), await http.SentenceAsync(answer, limited));
            return await http.GuardAsync($"pull {reference}", async token =>
            {
                await using var body = await answer.Content.ReadAsStreamAsync(token);
                await PullReader.ReadAsync(body, reference.ToString(), progress, heard, token);
                return true;
            }, limited);
        }, cancellationToken);
    }

    public async Task<IReadOnlyList<string>> RemoveAsync(string nameOrId, CancellationToken cancellationToken)
    {
        string path;
        try
        {
            path = EngineName.PathOf(nameOrId);
        }
        catch (FormatException wrong)
        {
            throw new SourceException(Source.Engine, Fault.Refused, wrong.Message, wrong);
        }

        var act = $"remove {nameOrId}";
        return await http.WhileHeardAsync<IReadOnlyList<string>>(async (_, token) =>
        {
            using var answer = await http.ActAsync(HttpMethod.Delete, $"/images/{path}?force=0&noprune=1", null, token);
            await http.DemandSuccessAsync(answer, act, token);
            var lines = await http.ReadAsync(answer, DockerJson.Default.RemovalLines, act, token);
            return [.. lines.OfType<RemovalLine>().Select(line => line.Untagged ?? line.Deleted).OfType<string>()];
        }, cancellationToken);
    }

    /// <exception cref="SourceException">Missing (no such image), Refused, Unreachable.</exception>
    public async Task TagAsync(Digest id, ImageReference reference, CancellationToken cancellationToken)
    {
        var act = $"name {id.Short} {reference}";
        if (reference.Tag is not { } tag || reference.Digest is not null)
            throw new SourceException(Source.Engine, Fault.Refused, $"the engine can't be made to {act}: a name to give needs a tag and no digest");
        var path = $"/images/{EngineName.PathOf(id.ToString())}/tag?repo={Uri.EscapeDataString(reference.Name)}&tag={Uri.EscapeDataString(tag)}";
        await http.WhileHeardAsync(async (_, token) =>
        {
            using var answer = await http.ActAsync(HttpMethod.Post, path, null, token);
            await http.DemandSuccessAsync(answer, act, token);
            return true;
        }, cancellationToken);
    }

    private static Digest IdOf(string? text) => Digest.TryParse(text)
        ?? throw DockerErrors.OfGarbage("'list its images'", new FormatException($"'{Quote.Short(text ?? "")}' is no image's id"));

    // a folder of another machine that happens to exist here must not be measured
    private DataRootSpace? SpaceOf(InfoAnswer info) =>
        host.SocketPath is not null && info.DockerRootDir is ['/', ..] folder ? DataRootSpace.Of(folder) : null;

    private async Task<bool> IsOwnAsync(Platform platform, CancellationToken cancellationToken)
    {
        var version = await http.AskAsync("/version", DockerJson.Default.VersionAnswer, "name its version", cancellationToken);
        var own = new Platform(version.Os ?? "linux", version.Arch ?? "").Normalised;
        return own.Os == platform.Normalised.Os && own.Architecture == platform.Normalised.Architecture;
    }

    private async Task<IReadOnlyList<StoredImage>> StoredAsync(
        IEnumerable<ImageLine?> lines, IEnumerable<ContainerLine?> containers, CancellationToken cancellationToken)
    {
        var uses = containers.OfType<ContainerLine>().Where(line => line.ImageId is not null)
            .ToLookup(line => line.ImageId!, EngineReading.Use, StringComparer.Ordinal);
        var listed = lines.OfType<ImageLine>().Select(line => (Id: IdOf(line.Id), Line: line)).ToList();
        var known = listed.Select(image => image.Id.ToString()).ToHashSet(StringComparer.Ordinal);
        var questions = listed.Select(Func<CancellationToken, Task<StoredImage?>> (image) => token => InspectAsync(image.Id, image.Line, token));
        // the engine hides an image it can't read, yet containers stand on it
        var hidden = uses.Select(use => use.Key).Where(id => !known.Contains(id)).Select(Digest.TryParse).OfType<Digest>();
        var more = hidden.Select(Func<CancellationToken, Task<StoredImage?>> (id) => token => HiddenAsync(id, token));
        var images = await AllAsync([.. questions, .. more], cancellationToken);
        return [.. images.OfType<StoredImage>().Select(image => image with { InUseBy = [.. uses[image.Id.ToString()]] })];
    }

    private static async Task<T[]> AllAsync<T>(IReadOnlyList<Func<CancellationToken, Task<T>>> questions, CancellationToken cancellationToken)
    {
        var answers = new T[questions.Count];
        var options = new ParallelOptions { MaxDegreeOfParallelism = ParallelQuestions, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, answers.Length, options, async (i, token) => answers[i] = await questions[i](token));
        return answers;
    }

    private async Task<StoredImage?> InspectAsync(Digest id, ImageLine line, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await http.AskAsync($"/images/{EngineName.PathOf(id.ToString())}/json", DockerJson.Default.ImageAnswer, $"describe {id.Short}", cancellationToken);
            return EngineReading.Image(id, line, answer);
        }
        catch (SourceException fault) when (fault.Fault is Fault.Refused)
        {
            return EngineReading.Listed(id, line) with { Fault = fault.What with { Subject = id.ToString() } };
        }
        catch (SourceException fault) when (fault.Fault is Fault.Missing)
        {
            // removed since it was listed, or its configuration rotted since
            return await export.ProbeAsync(EngineName.PathOf(id.ToString()), id.Short, cancellationToken) is { } damage
                ? EngineReading.Listed(id, line) with { Fault = damage }
                : null;
        }
    }

    private async Task<StoredImage?> HiddenAsync(Digest id, CancellationToken cancellationToken)
    {
        var damage = await export.ProbeAsync(EngineName.PathOf(id.ToString()), id.Short, cancellationToken);
        return new()
        {
            Id = id,
            Fault = damage ?? new(Source.Engine, Fault.Missing, $"the engine no longer knows the image {id.Short} that a container stands on") { Subject = id.ToString() },
        };
    }
}
