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

    /// <summary>Ascending, by the method of Python's list.sort() for short lists.</summary>
    /// <remarks>
    /// The order is not transitive where numbers meet letters in versions, so the method shows in the result; and the
    /// framework's own sorting may throw at such an order.
    /// </remarks>
    public static IReadOnlyList<AppRelease> Sort(IEnumerable<AppRelease> releases) =>
        [.. releases.GroupBy(release => release.Id, StringComparer.Ordinal).OrderBy(app => app.Key, StringComparer.Ordinal).SelectMany(SortApp)];

    private static List<AppRelease> SortApp(IEnumerable<AppRelease> releases)
    {
        List<AppRelease> sorted = [.. releases];
        for (var next = SortFirstRun(sorted); next < sorted.Count; next++)
        {
            var release = sorted[next];
            var (low, high) = (0, next);
            while (low < high)
            {
                var middle = (low + high) / 2;
                (low, high) = Instance.Compare(release, sorted[middle]) < 0 ? (low, middle) : (middle + 1, high);
            }

            sorted.RemoveAt(next);
            sorted.Insert(low, release);
        }

        return sorted;
    }

    // What already ascends stays, what strictly descends is turned round.
    private static int SortFirstRun(List<AppRelease> releases)
    {
        if (releases.Count < 2)
            return releases.Count;
        var descends = Instance.Compare(releases[1], releases[0]) < 0;
        var end = 2;
        while (end < releases.Count && Instance.Compare(releases[end], releases[end - 1]) < 0 == descends)
            end++;
        if (descends)
            releases.Reverse(0, end);
        return end;
    }

    private static int FirstOf(int id, int ucs, int version, int component) =>
        id != 0 ? id : ucs != 0 ? ucs : version != 0 ? version : component;
}
