using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using System.Text.Json;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Ports;

namespace AppPreflight.Registry;

/// <summary>Turns what came instead of an answer into a fault with one sentence: who, what, about which thing.</summary>
internal static class Blame
{
    private const int LongestBody = 64 << 10;
    private const int LongestQuote = 160;
    private const string ReplacedBy = "an HTML page: a proxy or gateway replaced the answer";

    public static SourceException Of(Source from, Fault fault, string subject, string message, Exception? inner = null) =>
        new(new SourceFault(from, fault, message) { Subject = subject }, inner);

    /// <summary>For a status that is not a success. Reads the start of the body for the registry's own words.</summary>
    public static async Task<SourceException> StatusAsync(
        Answer answer, Question question, string hint, RegistryLimits limits, TimeProvider time, CancellationToken cancellationToken)
    {
        var said = answer.IsHtml ? $" with {ReplacedBy}" : await WordsAsync(answer, limits, time, cancellationToken);
        var (fault, sentence) = answer.Status switch
        {
            HttpStatusCode.NotFound => (Fault.Missing, $"does not have {question.Subject}"),
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => (Fault.Denied, $"denies access to {question.Subject}"),
            HttpStatusCode.TooManyRequests => (Fault.Throttled, $"limits the number of requests{Wait(answer)}; {question.Subject} was not answered"),
            HttpStatusCode.ProxyAuthenticationRequired =>
                (Fault.Denied, $"is behind a proxy that asks for a login, and the engine does not tell the one it uses; {question.Subject} was not answered"),
            >= HttpStatusCode.InternalServerError => (Fault.Unreachable, $"fails to answer for {question.Subject}"),
            _ => (Fault.Malformed, $"does not understand the question for {question.Subject}"),
        };
        var from = answer.IsHtml || answer.Status == HttpStatusCode.ProxyAuthenticationRequired ? Source.Transport : Source.Registry;
        return Of(from, fault, question.Subject, $"{answer.Who} {sentence} (status {(int)answer.Status}{said}){(fault == Fault.Denied ? hint : "")}");
    }

    public static SourceException Connection(string authority, string subject, HttpRequestException e)
    {
        var why = e is RealmException realm
            ? $"its token realm {realm.Authority} gives no token: {Reason(realm.Authority, realm.Cause)}"
            : Reason(authority, e);
        return Of(e.HttpRequestError == HttpRequestError.ProxyTunnelError ? Source.Transport : Source.Registry,
            e.StatusCode == HttpStatusCode.TooManyRequests ? Fault.Throttled : Fault.Unreachable,
            subject, $"{authority} cannot be reached for {subject}: {why}", e);
    }

    public static SourceException Html(Answer answer, string subject) =>
        Of(Source.Transport, Fault.Malformed, subject, $"{answer.Who} was asked for {subject} and answered with {ReplacedBy}");

    /// <summary>Says why bytes may differ, when the headers give it away; else empty.</summary>
    public static string Clue(Answer answer) =>
        answer.IsHtml ? $"; it came as {ReplacedBy}"
        : answer.Encoding is { } coding ? $"; it came packed once more as '{Quote.Short(coding, 20)}', which a proxy on the way does"
        : "";

    private static string Reason(string authority, HttpRequestException e)
    {
        var socket = Inner<SocketException>(e);
        if (Inner<AuthenticationException>(e) is not null)
            return $"its TLS certificate is not trusted or the handshake failed (an own authority belongs into /etc/docker/certs.d/{authority}/ca.crt)";
        return e.HttpRequestError switch
        {
            HttpRequestError.NameResolutionError => "the host name is not known",
            HttpRequestError.ProxyTunnelError => $"the proxy refuses the way{(e.StatusCode is { } status ? $" (status {(int)status})" : "")}",
            _ when socket?.SocketErrorCode == SocketError.ConnectionRefused => "the connection is refused",
            _ when socket?.SocketErrorCode == SocketError.ConnectionReset => "the connection was reset",
            _ when Exchange.IsTimeout(e) => e.Message,
            HttpRequestError.ResponseEnded => "the connection ended before an answer",
            HttpRequestError.InvalidResponse => "what answers there does not speak HTTP",
            _ => Quote.Short(e.Message, LongestQuote),
        };
    }

    public static T? Inner<T>(Exception? e)
        where T : Exception
    {
        for (; e is not null; e = e.InnerException)
        {
            if (e is T found) return found;
        }

        return null;
    }

    private static string Wait(Answer answer) =>
        answer.Header("Retry-After") is { Length: > 0 } wait ? $" and asks to wait ({Quote.Short(wait, 40)})" : "";

    // the first of the registry's own errors: {"errors":[{"code":"DENIED","message":"..."}]}
    private static async Task<string> WordsAsync(Answer answer, RegistryLimits limits, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            var body = await BoundedBody.ReadAsync(answer.Body, LongestBody, limits, time, cancellationToken);
            if (body is null or []) return "";
            return ": " + Quote.Short(FirstError(body) ?? Encoding.UTF8.GetString(body).Trim(), LongestQuote);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            return "";
        }
    }

    private static string? FirstError(byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            if (document.RootElement.ValueKind != JsonValueKind.Object
                || !document.RootElement.TryGetProperty("errors", out var errors)
                || errors.ValueKind != JsonValueKind.Array || errors.GetArrayLength() == 0) return null;
            var first = errors[0];
            return first.TryGetProperty("message", out var message) && message.ValueKind == JsonValueKind.String ? message.GetString() : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
