using System.Globalization;
using AppPreflight.Images;

namespace AppPreflight.Pairs;

/// <summary>One thing in which two files differ, and how it is written on each side; null where only the name helps.</summary>
public sealed record FilePart(string Name, string? A, string? B);

/// <summary>In which things two files of the same path differ.</summary>
public static class FileParts
{
    public const string Opaque = "opaque";

    public static IEnumerable<FilePart> Other(LayerFile a, LayerFile b)
    {
        if (a.Kind != b.Kind) yield return new("type", KindOf(a), KindOf(b));
        if (a.Content != b.Content) yield return new("content", a.Content?.Short, b.Content?.Short);
        if (a.Target != b.Target) yield return new("target", a.Target, b.Target);
        if (a.Mode != b.Mode) yield return new("mode", Octal(a.Mode), Octal(b.Mode));
        if (a.Uid != b.Uid || a.Gid != b.Gid) yield return new("owner", $"{a.Uid}:{a.Gid}", $"{b.Uid}:{b.Gid}");
        if (a.Attributes != b.Attributes) yield return new("attributes", a.Attributes, b.Attributes);
        if (a.DevMajor != b.DevMajor || a.DevMinor != b.DevMinor) yield return new("device", $"{a.DevMajor}:{a.DevMinor}", $"{b.DevMajor}:{b.DevMinor}");
        if (a.LinkedTo != b.LinkedTo) yield return new("links", a.LinkedTo ?? "none", b.LinkedTo ?? "none");
        if (a.IsOpaque != b.IsOpaque) yield return new(Opaque, null, null);
    }

    public static IEnumerable<FilePart> OfStamp(LayerFile a, LayerFile b)
    {
        var (one, other) = (a.Stamp, b.Stamp);
        if (one.Seconds != other.Seconds || one.Nanoseconds != other.Nanoseconds) yield return new("time", Time(one), Time(other));
        if (one.UserName != other.UserName) yield return new("user name", one.UserName, other.UserName);
        if (one.GroupName != other.GroupName) yield return new("group name", one.GroupName, other.GroupName);
    }

    private static string KindOf(LayerFile file) => file.Kind == LayerFileKind.ImplicitDirectory ? "directory nobody describes" : file.Kind.ToString().ToLowerInvariant();

    private static string Octal(int mode) => Convert.ToString(mode, 8).PadLeft(4, '0');

    private static string Time(FileStamp stamp)
    {
        // the years 1 to 9999; a tar may say anything
        if (stamp.Seconds is < -62_135_596_800 or > 253_402_300_799) return stamp.Seconds.ToString(CultureInfo.InvariantCulture);
        var time = DateTimeOffset.FromUnixTimeSeconds(stamp.Seconds).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
        return stamp.Nanoseconds == 0 ? time : $"{time}.{Math.Abs(stamp.Nanoseconds).ToString("D9", CultureInfo.InvariantCulture).TrimEnd('0')}";
    }
}
