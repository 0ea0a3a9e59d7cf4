using System.Net;
using System.Net.Http.Headers;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Ports;
using Polly;

namespace AppPreflight.Registry;

/// <summary>Asks a registry: scheme, authorization, redirects and further tries are settled here; the body is the caller's.</summary>
internal sealed class Wire(Connections connections, RegistryLimits limits, TimeProvider time)
{
    private const int MostRedirects = 5;

    // anonymous, a token that ran out, and each candidate once
    private const int MostRefusals = 6;

    private readonly ResiliencePipeline<HttpResponseMessage> retry = Retry.Pipeline(limits, time);

    /// <returns>A success, its body unread.</returns>
    /// <exception cref="SourceException">Everything else.</exception>
    public async Task<Answer> AskAsync(
        RegistryEndpoint endpoint, Account account, Question question, string hint, CancellationToken cancellationToken)
    {
        var answer = await TryAsync(endpoint, account, question, cancellationToken);
        if (IsSuccess(answer.Status)) return answer;
        using (answer)
            throw await Blame.StatusAsync(answer, question, account.Reserve + hint, limits, time, cancellationToken);
    }

    /// <returns>Any answer, whatever its status.</returns>
    /// <exception cref="SourceException">Unreachable, or a redirect that must not be followed.</exception>
    public async Task<Answer> TryAsync(RegistryEndpoint endpoint, Account account, Question question, CancellationToken cancellationToken)
    {
        var place = await endpoint.EnterAsync(cancellationToken);
        try
        {
            var response = await retry.ExecuteAsync(
                static async (ask, token) => await ask.Wire.BySchemeAsync(ask.Endpoint, ask.Account, ask.Question, token),
                (Wire: this, Endpoint: endpoint, Account: account, Question: question),
                cancellationToken);
            if (IsSuccess(response.StatusCode)) account.Settle();
            return new(response, endpoint, place);
        }
        catch (HttpRequestException e)
        {
            place.Dispose();
            throw Blame.Connection(endpoint.Authority, question.Subject, e);
        }
        catch
        {
            place.Dispose();
            throw;
        }
    }

    private static bool IsSuccess(HttpStatusCode status) => status is >= HttpStatusCode.OK and < HttpStatusCode.MultipleChoices;

    private async Task<HttpResponseMessage> BySchemeAsync(RegistryEndpoint endpoint, Account account, Question question, CancellationToken cancellationToken)
    {
        HttpRequestException? first = null;
        var schemes = endpoint.Schemes;
        for (var i = 0; ; i++)
        {
            var isLast = i == schemes.Count - 1;
            try
            {
                var response = await AuthorizedAsync(new($"{schemes[i]}://{endpoint.Authority}"), endpoint, account, question, cancellationToken);
                if (!isLast && IsWrongScheme(response))
                {
                    response.Dispose();
                    continue;
                }

                endpoint.Settle(schemes[i]);
                return response;
            }
            catch (HttpRequestException e) when (!isLast && !IsForBoth(e, endpoint))
            {
                // the other scheme is tried, as moby does for insecure registries
                first = e;
            }
            catch (HttpRequestException) when (first is not null)
            {
                // neither works: the likelier one says why
                throw first;
            }
        }
    }

    // Go and nginx answer plain HTTP on a TLS port with 400; a registry would say which API it speaks
    private static bool IsWrongScheme(HttpResponseMessage response) =>
        response.StatusCode == HttpStatusCode.BadRequest && !response.Headers.NonValidated.Contains("Docker-Distribution-Api-Version");

    // a token realm is asked only after the registry has answered; and with a port in the name both schemes share it:
    // what refuses one, or keeps silent, does the same to the other
    private static bool IsForBoth(HttpRequestException e, RegistryEndpoint endpoint) =>
        e is RealmException
        || (endpoint.Authority.Contains(':', StringComparison.Ordinal) && (e.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError || Exchange.IsTimeout(e)));

    private async Task<HttpResponseMessage> AuthorizedAsync(
        Uri registry, RegistryEndpoint endpoint, Account account, Question question, CancellationToken cancellationToken)
    {
        var sent = await account.BeforeAsync(registry, cancellationToken);
        for (var refusals = 0; ; refusals++)
        {
            var response = await FollowAsync(registry, sent, question, cancellationToken);
            if (response.StatusCode is not (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden) || refusals == MostRefusals) return response;
            var next = await account.AfterAsync(registry, ChallengeOf(response, endpoint), sent, cancellationToken);
            if (next is null) return response;
            response.Dispose();
            sent = next;
        }
    }

    // a challenge counts only from the registry itself: object storage has no say in where passwords go
    private static Challenge? ChallengeOf(HttpResponseMessage response, RegistryEndpoint endpoint) =>
        response.StatusCode == HttpStatusCode.Unauthorized
        && endpoint.Authority.Equals(response.RequestMessage?.RequestUri?.Authority, StringComparison.OrdinalIgnoreCase)
        && response.Headers.NonValidated.TryGetValues("WWW-Authenticate", out var headers)
            ? Challenge.Best(headers) : null;

    private async Task<HttpResponseMessage> FollowAsync(
        Uri registry, AuthenticationHeaderValue? authorization, Question question, CancellationToken cancellationToken)
    {
        var address = new Uri(registry, question.Path);
        for (var redirects = 0; ; redirects++)
        {
            // the header goes to the registry only; once it was dropped it stays dropped
            if (!Exchange.IsSameOrigin(registry, address)) authorization = null;
            using var request = question.Compose(address, authorization);
            var invoker = await connections.ForAsync(address.Authority, cancellationToken);
            var response = await Exchange.SendAsync(invoker, request, limits.Headers, time, cancellationToken);
            if (Exchange.RedirectOf(response, address) is not { } target) return response;
            response.Dispose();
            if (redirects == MostRedirects)
                throw Blame.Of(Source.Registry, Fault.Malformed, question.Subject, $"{registry.Authority} redirects more than {MostRedirects} times for {question.Subject}");
            Permit(address, target, question);
            address = target;
        }
    }

    private static void Permit(Uri from, Uri target, Question question)
    {
        var why = target.Scheme != Uri.UriSchemeHttps && target.Scheme != Uri.UriSchemeHttp ? "neither http nor https"
            : target.UserInfo.Length > 0 ? "an address with a user in it"
            : from.Scheme == Uri.UriSchemeHttps && target.Scheme == Uri.UriSchemeHttp ? "from https down to http"
            : null;
        if (why is null) return;
        throw Blame.Of(Source.Registry, Fault.Malformed, question.Subject,
            $"{from.Authority} redirects {question.Subject} to {Quote.Short(target.Authority, 80)}, {why}: not followed");
    }
}
