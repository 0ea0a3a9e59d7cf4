using System.Net.Http.Headers;
using AppPreflight.Images;

namespace AppPreflight.Registry;

/// <summary>What one repository at one place has come to accept: nobody, then one credential after the other, until one is let in.</summary>
internal sealed class Account(RegistryEndpoint endpoint, string repository, IReadOnlyList<Credential> credentials, TokenDesk tokens, TimeProvider time)
    : IDisposable
{
    private readonly SemaphoreSlim oneAtATime = new(1);
    private readonly IReadOnlyList<Credential?> candidates = [null, .. credentials];
    private Pass? pass;
    private Challenge? challenge;
    private int candidate;
    private bool wasLetIn;

    /// <summary>Why credentials stayed at home, as a half-sentence; empty when nothing was kept back.</summary>
    public string Reserve { get; private set; } = "";

    /// <summary>Set once a request went through.</summary>
    public bool IsSettled { get; private set; }

    /// <summary>What was let in; null while that is nobody.</summary>
    public Credential? Accepted => candidate < candidates.Count ? candidates[candidate] : null;

    public void Settle() => IsSettled = wasLetIn = true;

    /// <summary>What to send at once, without waiting for a 401; null for nothing.</summary>
    public async Task<AuthenticationHeaderValue?> BeforeAsync(Uri registry, CancellationToken cancellationToken)
    {
        if (pass is { } current && !HasExpired(current)) return current.Header;
        var known = challenge ?? endpoint.Challenge;
        return known is null ? null : await AfterAsync(registry, known, pass?.Header, cancellationToken);
    }

    /// <summary>What to send after a refusal.</summary>
    /// <param name="asked">The challenge; null for a refusal without one.</param>
    /// <param name="refused">What was sent and refused.</param>
    /// <returns>Null when nothing is left to try.</returns>
    public async Task<AuthenticationHeaderValue?> AfterAsync(
        Uri registry, Challenge? asked, AuthenticationHeaderValue? refused, CancellationToken cancellationToken)
    {
        await oneAtATime.WaitAsync(cancellationToken);
        try
        {
            if (pass is { } other && !ReferenceEquals(other.Header, refused) && !HasExpired(other)) return other.Header;
            if (asked is not null) endpoint.Challenge = challenge = asked;
            if (challenge is null) return null;
            // a token that has run out, or was let in before, says nothing against whoever got it
            var again = refused is null || wasLetIn || (pass is { } old && HasExpired(old));
            wasLetIn = false;
            pass = await NextAsync(registry, challenge, again ? candidate : candidate + 1, cancellationToken);
            return pass?.Header;
        }
        finally
        {
            oneAtATime.Release();
        }
    }

    public void Dispose() => oneAtATime.Dispose();

    private bool HasExpired(Pass one) => one.Expires <= time.GetUtcNow();

    private async Task<Pass?> NextAsync(Uri registry, Challenge asked, int from, CancellationToken cancellationToken)
    {
        for (candidate = from; candidate < candidates.Count; candidate++)
        {
            var next = asked.IsBearer
                ? await TokenAsync(registry, asked, candidates[candidate], cancellationToken)
                : candidates[candidate] is { } login ? new(TokenDesk.Basic(login), null) : null;
            if (next is not null) return next;
        }

        return null;
    }

    private async Task<Pass?> TokenAsync(Uri registry, Challenge asked, Credential? credential, CancellationToken cancellationToken)
    {
        var trust = RealmPolicy.Judge(registry, asked.Realm);
        if (trust == RealmTrust.Credentials || (trust == RealmTrust.Anonymous && credential is null))
            return await tokens.FetchAsync(asked, repository, credential, cancellationToken);
        Reserve = $"; its token realm '{Oci.Quote.Short(asked.Realm ?? "", 80)}' is elsewhere, and credentials do not cross";
        return null;
    }
}
