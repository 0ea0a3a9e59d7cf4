using AppPreflight.Apps;

namespace AppPreflight.Upgrades;

/// <summary>The registry keys in which the App Center keeps an app's state.</summary>
/// <remarks>Source: appcenter/app.py, the ucr_* properties.</remarks>
internal static class AppKeys
{
    public static string Status(string app) => $"appcenter/apps/{app}/status";

    public static string Version(string app) => $"appcenter/apps/{app}/version";

    public static string Ucs(string app) => $"appcenter/apps/{app}/ucs";

    public static string Image(string app) => $"appcenter/apps/{app}/image";

    public static string Container(string app) => $"appcenter/apps/{app}/container";

    public static string Pinned(string app) => $"appcenter/apps/{app}/pinned";

    public static string Prudence(string app) => $"appcenter/prudence/docker/{app}";

    public static string Component(AppRelease release) => $"repository/online/component/{release.ComponentId}";
}
