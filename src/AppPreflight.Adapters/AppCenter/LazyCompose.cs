using AppPreflight.Apps;

namespace AppPreflight.AppCenter;

/// <summary>The compose file beside an INI file; parsed only when its images are asked for.</summary>
internal sealed record LazyCompose(string File, byte[] Content, AppRelease Release) : ImageRule
{
    public const int MaxBytes = 4 * 1024 * 1024;

    public override WantedImages For(UcrValues ucr) => new();
}
