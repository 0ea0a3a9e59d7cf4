namespace AppPreflight.Apps;

/// <summary>A version text with the App Center's loose ordering.</summary>
/// <remarks>
/// Source: appcenter/app.py, class LooseVersion. The order is not the equality: <c>1.0.1</c> and <c>1.0-1</c> have the
/// same rank (<see cref="CompareTo"/> is 0), but are two versions, because the App Center looks an installed version up
/// by its text. Nor is it transitive, where numbers meet letters: <c>2 &lt; 10 &lt; 1a &lt; 2</c>.
/// </remarks>
public sealed record AppVersion(string Text) : IComparable<AppVersion>
{
    /// <summary>Token by token; a missing one is smaller; a number against a text compares as text, leading zeros gone.</summary>
    public int CompareTo(AppVersion? other)
    {
        if (other is null)
        {
            return 1;
        }

        using var mine = VersionToken.Of(Text).GetEnumerator();
        using var theirs = VersionToken.Of(other.Text).GetEnumerator();
        while (true)
        {
            bool more = mine.MoveNext();
            if (more != theirs.MoveNext())
            {
                return more ? 1 : -1;
            }

            int order = more ? mine.Current.OrderAgainst(theirs.Current) : 0;
            if (order != 0 || !more)
            {
                return order;
            }
        }
    }

    public override string ToString() => Text;

    public static bool operator <(AppVersion left, AppVersion right) => left.CompareTo(right) < 0;

    public static bool operator <=(AppVersion left, AppVersion right) => left.CompareTo(right) <= 0;

    public static bool operator >(AppVersion left, AppVersion right) => left.CompareTo(right) > 0;

    public static bool operator >=(AppVersion left, AppVersion right) => left.CompareTo(right) >= 0;
}
