using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using AppPreflight.Images;

namespace AppPreflight.Registry;

/// <param name="Header">What to send.</param>
/// <param name="Expires">Null: it does not expire.</param>
internal sealed record Pass(AuthenticationHeaderValue Header, DateTimeOffset? Expires);

/// <summary>Fetches bearer tokens.</summary>
/// <remarks>Source: distribution token authentication specification (docs/spec/auth/token.md): GET, 60 s where no life time is named.</remarks>
internal sealed class TokenDesk(Connections connections, RegistryLimits limits, TimeProvider time)
{
    private const int MaxBytes = 256 << 10;
    private const int LongestToken = 48 << 10;
    private static readonly TimeSpan DefaultLife = TimeSpan.FromSeconds(60);

    // a token is given back early enough that it is still good when the request arrives
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(10);

    public static AuthenticationHeaderValue Basic(Credential credential) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{credential.User}:{credential.Password}")));

    /// <param name="credential">Null for an anonymous token.</param>
    /// <returns>Null when the realm refuses.</returns>
    /// <exception cref="RealmException">The realm cannot be reached, or has no time.</exception>
    public async Task<Pass?> FetchAsync(Challenge challenge, string repository, Credential? credential, CancellationToken cancellationToken)
    {
        var address = Address(challenge, repository);
        try
        {
            return await FetchAsync(address, credential, cancellationToken);
        }
        catch (HttpRequestException e)
        {
            throw new RealmException(address.Authority, e);
        }
        catch (IOException e)
        {
            throw new RealmException(address.Authority, new HttpRequestException(HttpRequestError.ResponseEnded, e.Message, e));
        }
    }

    private async Task<Pass?> FetchAsync(Uri address, Credential? credential, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.TryAddWithoutValidation("User-Agent", "app-preflight");
        if (credential is not null) request.Headers.Authorization = Basic(credential);
        var invoker = await connections.ForAsync(address.Authority, cancellationToken);
        // no redirect is followed: a realm that moves could move the password with it
        using var response = await Exchange.SendAsync(invoker, request, limits.Headers, time, cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            return response.StatusCode is HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError
                ? throw new HttpRequestException($"it answers with status {(int)response.StatusCode}", null, response.StatusCode)
                : null;
        }

        var body = await BoundedBody.ReadAsync(response.Content, MaxBytes, limits, time, cancellationToken);
        return body is null ? null : Read(body, time.GetUtcNow());
    }

    // our own scope, not the one the challenge names: no more rights than a look needs
    internal static Uri Address(Challenge challenge, string repository)
    {
        var query = new StringBuilder(new Uri(challenge.Realm!).Query);
        Add("service", challenge.Service);
        Add("scope", $"repository:{repository}:pull");
        return new UriBuilder(challenge.Realm!) { Query = query.ToString() }.Uri;

        void Add(string name, string? value)
        {
            if (value is not null) query.Append(query.Length == 0 ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
        }
    }

    private static Pass? Read(byte[] body, DateTimeOffset now)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object) return null;
            var token = Text(root, "token") ?? Text(root, "access_token");
            if (token is not { Length: > 0 and <= LongestToken } || token.Any(c => c is <= ' ' or > '~')) return null;
            var life = root.TryGetProperty("expires_in", out var seconds) && seconds.ValueKind == JsonValueKind.Number
                && seconds.TryGetInt32(out var number) && number > 0 ? TimeSpan.FromSeconds(number) : DefaultLife;
            return new(new("Bearer", token), now + (life > 2 * Margin ? life - Margin : life / 2));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static string? Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
