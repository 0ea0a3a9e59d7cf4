using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.Registry;

/// <summary>Asks for one blob by any route: each time once, and over new connections.</summary>
internal sealed class BlobOpener(
    ImageReference reference, BlobPromise promise, Connections connections, Func<RegistryEndpoint, Account> accountOf, string hint, RegistryLimits limits, TimeProvider time)
{
    private readonly RegistryLimits once = limits with { Tries = 1 };

    public Question Question { get; } = promise.Part == ImagePart.Manifest
        ? Question.Manifest(reference, promise.Digest.ToString(), promise.Digest.ToString())
        : Question.Blob(HttpMethod.Get, reference, promise.Digest);

    /// <returns>Any answer, whatever its status.</returns>
    /// <exception cref="Ports.SourceException">No answer, or a redirect that must not be followed.</exception>
    public async Task<OpenedBlob> OpenAsync(FetchRoute route, CancellationToken cancellationToken)
    {
        var fresh = connections.Along(route);
        try
        {
            var wire = new Wire(fresh, once, time);
            return route.Way == FetchWay.Ranges
                ? await InPiecesAsync(wire, route, fresh, cancellationToken)
                : await WholeAsync(wire, route, fresh, cancellationToken);
        }
        catch
        {
            fresh.Dispose();
            throw;
        }
    }

    public static bool IsSuccess(Answer answer) => (int)answer.Status is >= 200 and < 300;

    /// <summary>Says why there is nothing to read.</summary>
    public async Task<SourceFault> BlameAsync(FetchRoute route, Answer answer, CancellationToken cancellationToken) =>
        (await Blame.StatusAsync(answer, Question, accountOf(route.Endpoint).Reserve + hint, limits, time, cancellationToken)).What;

    private async Task<OpenedBlob> WholeAsync(Wire wire, FetchRoute route, Connections fresh, CancellationToken cancellationToken)
    {
        var answer = await wire.TryAsync(route.Endpoint, accountOf(route.Endpoint), Question, cancellationToken);
        try
        {
            return new(answer, IsSuccess(answer) ? await BytesAsync(answer, cancellationToken) : null, fresh);
        }
        catch
        {
            // its place at the registry has to be given back
            answer.Dispose();
            throw;
        }
    }

    private async Task<OpenedBlob> InPiecesAsync(Wire wire, FetchRoute route, Connections fresh, CancellationToken cancellationToken)
    {
        var account = accountOf(route.Endpoint);
        var size = promise.SizeBytes ?? 0;
        var first = await wire.TryAsync(route.Endpoint, account, Piece(0, RangedBody.PieceBytes(size) - 1), cancellationToken);
        var stream = !RangedBody.IsPiece(first, 0) ? null
            : new RangedBody(first, Question.Subject, size, (from, to, token) => wire.AskAsync(route.Endpoint, account, Piece(from, to), hint, token), limits, time);
        return new(first, stream, fresh);
    }

    private Question Piece(long first, long last) => Question with { Range = new(first, last) };

    private async Task<Stream> BytesAsync(Answer answer, CancellationToken cancellationToken) =>
        new PacedStream(await answer.Body.ReadAsStreamAsync(cancellationToken), limits, time);
}
