namespace AppPreflight.Apps;

/// <summary>The App Center's order of releases: id, UCS version of the cache, version, component id.</summary>
/// <remarks>
/// A release of the 5.2 cache is always greater than any of the 5.0 cache, whatever its number.
/// Source: appcenter/app.py, App.__lt__ and its kin.
/// </remarks>
public sealed class ReleaseOrder : IComparer<AppRelease>
{
    public static readonly ReleaseOrder Instance = new();

    private ReleaseOrder()
    {
    }

    public int Compare(AppRelease? x, AppRelease? y)
    {
        if (x is null || y is null)
            return (x is null ? 0 : 1) - (y is null ? 0 : 1);
        return FirstOf(
            string.CompareOrdinal(x.Id, y.Id),
            x.Ucs == y.Ucs ? 0 : new AppVersion(x.Ucs).CompareTo(new AppVersion(y.Ucs)),
            x.Version.CompareTo(y.Version),
            string.CompareOrdinal(x.ComponentId, y.ComponentId));
    }

    private static int FirstOf(int id, int ucs, int version, int component) =>
        id != 0 ? id : ucs != 0 ? ucs : version != 0 ? version : component;
}
