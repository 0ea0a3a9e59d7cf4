using System.Buffers;

namespace AppPreflight.Registry;

/// <summary>One way a server offers to be asked again: a scheme and its parameters.</summary>
/// <remarks>Sources: RFC 9110 section 11; distribution token authentication specification.</remarks>
internal sealed record Challenge(string Scheme, IReadOnlyDictionary<string, string> Parameters)
{
    private const int LongestHeader = 16 << 10;
    private const int MostChallenges = 8;
    private const int MostParameters = 16;

    private static readonly SearchValues<char> Token = SearchValues.Create(
        "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    public bool IsBearer => Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase);

    public bool IsBasic => Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase);

    public string? Realm => Parameters.GetValueOrDefault("realm");

    public string? Service => Parameters.GetValueOrDefault("service");

    /// <summary>The one to answer: a token before a password, because a token is worth less to a thief.</summary>
    public static Challenge? Best(IEnumerable<string> headers)
    {
        var all = headers.Take(MostChallenges).SelectMany(Parse).ToList();
        return all.Find(one => one.IsBearer && one.Realm is not null) ?? all.Find(one => one.IsBasic);
    }

    /// <summary>Reads a WWW-Authenticate header; what follows the first mistake is left out, never guessed.</summary>
    public static IReadOnlyList<Challenge> Parse(string header)
    {
        var found = new List<Challenge>();
        if (header.Length > LongestHeader) return found;
        var rest = header.AsSpan();
        while (found.Count < MostChallenges && TakeToken(ref rest) is { Length: > 0 } scheme)
            found.Add(new(scheme, TakeParameters(ref rest)));
        return found;
    }

    private static Dictionary<string, string> TakeParameters(ref ReadOnlySpan<char> rest)
    {
        var parameters = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (parameters.Count < MostParameters)
        {
            var ahead = rest;
            if (TakeToken(ref ahead) is not { Length: > 0 } name || !TakeEquals(ref ahead)) break;
            if (TakeValue(ref ahead) is not { } value) break;
            // a parameter twice is a mistake of the server; the first one counts
            parameters.TryAdd(name, value);
            rest = ahead;
        }

        return parameters;
    }

    private static string TakeToken(ref ReadOnlySpan<char> rest)
    {
        rest = rest.TrimStart(" \t,");
        var end = rest.IndexOfAnyExcept(Token);
        if (end < 0) end = rest.Length;
        var token = rest[..end].ToString();
        rest = rest[end..];
        return token;
    }

    private static bool TakeEquals(ref ReadOnlySpan<char> rest)
    {
        var ahead = rest.TrimStart(" \t");
        if (ahead is not ['=', ..]) return false;
        rest = ahead[1..].TrimStart(" \t");
        return true;
    }

    private static string? TakeValue(ref ReadOnlySpan<char> rest)
    {
        if (rest is not ['"', ..]) return TakeToken(ref rest);
        var value = new System.Text.StringBuilder();
        for (var i = 1; i < rest.Length; i++)
        {
            if (rest[i] == '"')
            {
                rest = rest[(i + 1)..];
                return value.ToString();
            }

            if (rest[i] == '\\' && i + 1 < rest.Length) i++;
            value.Append(rest[i]);
        }

        return null;
    }
}
