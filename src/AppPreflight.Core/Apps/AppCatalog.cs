namespace AppPreflight.Apps;

/// <summary>All releases on offer, cache by cache, in the order of the App Center's list (which is searched backwards).</summary>
public sealed record AppCatalog(IReadOnlyList<AppCache> Caches)
{
    public static readonly AppCatalog Empty = new([]);

    /// <summary>Everything that is wrong with the files but does not stop the App Center: ignored versions, a differing JSON cache.</summary>
    public IReadOnlyList<CatalogNote> Notes { get; init; } = [];
}

/// <summary>The releases of one cache directory, ascending in the App Center's order.</summary>
public sealed record AppCache(string Ucs, IReadOnlyList<AppRelease> Releases);

/// <summary>One version the App Center drops, or one file that says something else than another: which, and why.</summary>
public sealed record CatalogNote(string File, string Message);
