using System.Net;
using AppPreflight.Images;
using AppPreflight.Ports;

namespace AppPreflight.Docker;

/// <summary>What came of reading an image out of the engine: all its files by their digests, or why not.</summary>
internal sealed record Exported(ExportedFiles? Files, long HashedBytes, SourceFault? Fault)
{
    /// <summary>What the engine said behind the end of what it had promised to send; null where it said nothing.</summary>
    public SourceFault? Late { get; init; }
}

/// <summary>Has the engine read its own copy of an image, as <c>docker save</c> does.</summary>
internal sealed class EngineExport(DockerHttp http)
{
    /// <param name="path">The image as part of a request's path.</param>
    /// <param name="name">The same for a sentence.</param>
    /// <param name="wanted">Takes the files of some layers down; with all of them found the rest is not read. Null: all is read.</param>
    /// <exception cref="SourceException">Unreachable.</exception>
    public Task<Exported> ReadAsync(string path, string name, WantedLayers? wanted, IProgress<long>? progress, CancellationToken cancellationToken) =>
        http.WhileHeardAsync((heard, token) => ReadHeardAsync(path, name, wanted, new Heard(heard, progress), token), cancellationToken);

    /// <summary>What the engine says when it is to read an image that inspect does not find: null when that too says there is none.</summary>
    public Task<SourceFault?> ProbeAsync(string path, string name, CancellationToken cancellationToken) => http.LimitAsync(async token =>
    {
        using var answer = await http.OpenAsync($"/images/{path}/get", token);
        return answer.IsSuccessStatusCode || answer.StatusCode == HttpStatusCode.NotFound
            ? null
            : DockerErrors.OfExport(name, answer.StatusCode, await http.SentenceAsync(answer, token));
    }, cancellationToken);

    private async Task<Exported> ReadHeardAsync(string path, string name, WantedLayers? wanted, Heard progress, CancellationToken cancellationToken)
    {
        using var answer = await http.OpenAsync($"/images/{path}/get", cancellationToken);
        if (!answer.IsSuccessStatusCode)
            return new(null, 0, DockerErrors.OfExport(name, answer.StatusCode, await http.SentenceAsync(answer, cancellationToken)));
        await using var body = await answer.Content.ReadAsStreamAsync(cancellationToken);
        await using var archive = new BoundedStream(body, 0);
        var reader = new ExportReader(archive, progress, wanted);
        try
        {
            var files = await http.GuardAsync($"read {name} out", reader.ReadAsync, cancellationToken);
            return new(files, reader.HashedBytes, null) { Late = LateFault(reader.LastWords, name) };
        }
        catch (SourceException fault)
        {
            return new(null, reader.HashedBytes, LateFault(reader.LastWords, name) ?? fault.What with { Subject = name });
        }
    }

    private static SourceFault? LateFault(string? words, string name) =>
        words is null ? null : DockerErrors.OfExport(name, HttpStatusCode.InternalServerError, DockerErrors.Clean(words));

    private sealed class Heard(Action heard, IProgress<long>? progress) : IProgress<long>
    {
        public void Report(long value)
        {
            heard();
            progress?.Report(value);
        }
    }
}
