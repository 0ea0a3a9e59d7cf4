namespace AppPreflight.AppCenter;

/// <summary>The files of one app version in one cache directory.</summary>
internal sealed record ReleaseFiles
{
    /// <summary>The INI file's base name.</summary>
    public required string ComponentId { get; init; }

    /// <summary>The UCS version of the cache directory.</summary>
    public required string Ucs { get; init; }

    /// <summary>The language of the caller: a version may be visible in one language and ignored in another.</summary>
    public string Locale { get; init; } = "en";

    /// <summary>The cache directory, for messages; may be empty.</summary>
    public string Folder { get; init; } = "";

    /// <summary>Extensions of <c>COMPONENT.*</c> that exist.</summary>
    public required IReadOnlySet<string> Companions { get; init; }

    /// <summary>The bytes of <c>COMPONENT.EXTENSION</c>; asked only for what is in <see cref="Companions"/>. Null: gone, or can't be opened.</summary>
    public required Func<string, byte[]?> Read { get; init; }

    public byte[]? Content(string extension) => Companions.Contains(extension) ? Read(extension) : null;

    public string PathOf(string extension) => Path.Join(Folder, $"{ComponentId}.{extension}");
}
