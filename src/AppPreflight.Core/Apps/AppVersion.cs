namespace AppPreflight.Apps;

/// <summary>A version text with the App Center's loose ordering.</summary>
/// <remarks>Source: appcenter/app.py, class LooseVersion.</remarks>
public sealed record AppVersion(string Text) : IComparable<AppVersion>
{
    public int CompareTo(AppVersion? other) => other is null ? 1 : string.CompareOrdinal(Text, other.Text);

    public override string ToString() => Text;

    public static bool operator <(AppVersion left, AppVersion right) => left.CompareTo(right) < 0;

    public static bool operator <=(AppVersion left, AppVersion right) => left.CompareTo(right) <= 0;

    public static bool operator >(AppVersion left, AppVersion right) => left.CompareTo(right) > 0;

    public static bool operator >=(AppVersion left, AppVersion right) => left.CompareTo(right) >= 0;
}
