using System.Globalization;

namespace AppPreflight.Cli;

/// <summary>Bytes and times as people say them.</summary>
internal static class Amounts
{
    /// <summary>Powers of 1000, as the engine prints sizes: "0 B", "999 B", "1.2 kB", "312.4 MB".</summary>
    public static string Bytes(long bytes)
    {
        if (bytes < 1000) return $"{bytes} B";
        var (value, unit) = (bytes / 1000.0, 0);
        for (; value >= 999.95 && unit < 5; unit++) value /= 1000;
        return string.Create(CultureInfo.InvariantCulture, $"{value:0.0} {"kMGTPE"[unit]}B");
    }

    /// <summary>How long something took or will take: "0.4 s", "27 s", "3 min 05 s", "2 h 10 min".</summary>
    public static string Duration(TimeSpan span) => span switch
    {
        { TotalSeconds: < 9.95 } => string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, span.TotalSeconds):0.0} s"),
        { TotalSeconds: < 60 } => $"{(int)span.TotalSeconds} s",
        { TotalMinutes: < 60 } => string.Create(CultureInfo.InvariantCulture, $"{(int)span.TotalMinutes} min {span.Seconds:00} s"),
        { TotalDays: < 4 } => string.Create(CultureInfo.InvariantCulture, $"{(int)span.TotalHours} h {span.Minutes:00} min"),
        _ => "days",
    };

    /// <summary>How long ago: "just now", "5 min ago", "3 h ago", "12 days ago"; a time to come has a wrong clock behind it.</summary>
    public static string Age(TimeSpan age) => age switch
    {
        { TotalMinutes: < -5 } => "in the future (check this host's clock)",
        { TotalMinutes: < 1 } => "just now",
        { TotalHours: < 1 } => $"{(int)age.TotalMinutes} min ago",
        { TotalHours: < 48 } => $"{(int)age.TotalHours} h ago",
        _ => $"{(int)age.TotalDays} days ago",
    };

    /// <summary>"sha256:0123456789ab" for a full digest; other text as it is.</summary>
    public static string ShortDigest(string text) => Oci.Digest.TryParse(text)?.Short ?? text;

    public static string Count(int count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {noun}s";
}
