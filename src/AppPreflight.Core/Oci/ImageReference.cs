using System.Text.RegularExpressions;

namespace AppPreflight.Oci;

/// <summary>An image's name as people and INI files write it: registry, repository, and a tag or digest or both.</summary>
/// <remarks>
/// Source: distribution/reference, regexp.go and normalize.go, as Docker Engine 20.10 carries them. With tag and digest
/// together the digest decides what is pulled; the tag is only kept for display.
/// </remarks>
public sealed partial record ImageReference
{
    private const string DockerHub = "docker.io";
    private const int LongestName = 255;

    private ImageReference(string registry, string repository, string? tag, Digest? digest) =>
        (Registry, Repository, Tag, Digest) = (registry, repository, tag, digest);

    /// <summary>Host and port ("artifacts.example.org", "127.0.0.1:5000", "docker.io").</summary>
    public string Registry { get; }

    /// <summary>Path below the registry ("library/postgres").</summary>
    public string Repository { get; }

    public string? Tag { get; }

    public Digest? Digest { get; }

    public bool IsDockerHub => Registry == DockerHub;

    /// <summary>Registry and repository without tag or digest, in the engine's short form where that means the same.</summary>
    /// <remarks>normalize.go, familiarizeName: "library/" goes only before a single name. Of the Hub's "a.b/c" the engine's own short form would be a host's.</remarks>
    public string Name
    {
        get
        {
            if (!IsDockerHub || IsHost(Repository.AsSpan(0, Math.Max(0, Repository.IndexOf('/', StringComparison.Ordinal))))) return $"{Registry}/{Repository}";
            return Repository.StartsWith("library/", StringComparison.Ordinal) && Repository.LastIndexOf('/') < "library/".Length ? Repository["library/".Length..] : Repository;
        }
    }

    /// <summary>What a manifest request asks for: the digest when there is one, else the tag.</summary>
    public string Target => Digest?.ToString() ?? Tag ?? "latest";

    /// <exception cref="FormatException">The text is not a reference; the message says which part.</exception>
    public static ImageReference Parse(string text)
    {
        if (text.Length > 1024) throw Wrong(text, "it is too long");
        if (Identifier().IsMatch(text)) throw Wrong(text, "64 hex digits are an image's id, not its name");
        var (rest, digest) = SplitDigest(text);
        var (name, tag) = SplitTag(rest);
        var (registry, repository) = SplitRegistry(name);
        if (!RegistryHost().IsMatch(registry)) throw Wrong(text, $"'{Quote.Short(registry)}' is no registry host");
        if (repository.Any(char.IsAsciiLetterUpper)) throw Wrong(text, "a repository name must be lower case");
        if (!RepositoryPath().IsMatch(repository)) throw Wrong(text, $"'{Quote.Short(repository)}' is no repository name");
        if (registry.Length + 1 + repository.Length > LongestName) throw Wrong(text, "its name has more than 255 characters");
        return new(registry, repository, tag ?? (digest is null ? "latest" : null), digest);
    }

    public static ImageReference? TryParse(string text)
    {
        try
        {
            return Parse(text);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    /// <summary>The same repository, named by a manifest's digest.</summary>
    public ImageReference At(Digest digest) => new(Registry, Repository, null, digest);

    /// <summary>The engine's short form ("postgres:15" for Docker Hub's "docker.io/library/postgres:15").</summary>
    public override string ToString() => Name + (Tag is null ? "" : ":" + Tag) + (Digest is null ? "" : "@" + Digest);

    private static (string Unpinned, Digest? Digest) SplitDigest(string text)
    {
        var at = text.IndexOf('@', StringComparison.Ordinal);
        if (at < 0) return (text, null);
        return (text[..at], Oci.Digest.TryParse(text[(at + 1)..])
            ?? throw Wrong(text, "what follows '@' is not a sha256 or sha512 digest"));
    }

    private static (string Name, string? Tag) SplitTag(string text)
    {
        var colon = text.LastIndexOf(':');
        if (colon < 0 || text.IndexOf('/', colon) >= 0) return (text, null);
        var tag = text[(colon + 1)..];
        return TagText().IsMatch(tag) ? (text[..colon], tag) : throw Wrong(text, $"'{Quote.Short(tag)}' is no tag");
    }

    // normalize.go, splitDockerDomain: without a dot, a colon or "localhost" the first part is no host
    private static (string Registry, string Repository) SplitRegistry(string name)
    {
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        var isHost = slash >= 0 && IsHost(name.AsSpan(0, slash));
        var (registry, repository) = isHost ? (name[..slash], name[(slash + 1)..]) : (DockerHub, name);
        if (registry == "index.docker.io") registry = DockerHub;
        return registry == DockerHub && !repository.Contains('/', StringComparison.Ordinal)
            ? (registry, "library/" + repository)
            : (registry, repository);
    }

    private static bool IsHost(ReadOnlySpan<char> part) => part.ContainsAny('.', ':') || part is "localhost";

    private static FormatException Wrong(string text, string why) =>
        new($"'{Quote.Short(text)}' is not an image reference: {why}");

    [GeneratedRegex(@"\A[a-f0-9]{64}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Identifier();

    [GeneratedRegex(@"\A(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex RegistryHost();

    [GeneratedRegex(@"\A[a-z0-9]+(?:(?:\.|__|_|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|__|_|-+)[a-z0-9]+)*)*\z", RegexOptions.CultureInvariant)]
    private static partial Regex RepositoryPath();

    [GeneratedRegex(@"\A[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127}\z", RegexOptions.CultureInvariant)]
    private static partial Regex TagText();
}
