using AppPreflight.Apps;

namespace AppPreflight.Upgrades;

/// <summary>The kinds of releases that the rules tell apart.</summary>
internal static class ReleaseKinds
{
    extension(AppRelease release)
    {
        /// <summary>Comes from an <c>apps.d</c> file, not from an App Center cache (where a code is required).</summary>
        public bool IsDescribed => release.Ucs.Length == 0 && release.Code.Length == 0;

        /// <summary>Lives in the container of another app; has no image of its own.</summary>
        public bool IsPlugin => !string.IsNullOrEmpty(release.PluginOf);
    }
}
