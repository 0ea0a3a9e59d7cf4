using System.Globalization;
using AppPreflight.Images;

namespace AppPreflight.Pairs;

/// <summary>One field in which two images' documents differ; null: it is not there.</summary>
/// <param name="Name">"platform", "created", "config.Labels.version", "manifest.annotations.x".</param>
public sealed record FieldPair(string Name, string? A, string? B)
{
    /// <summary>It decides how a container is started, not only what is noted about the image.</summary>
    public bool IsAboutStart => Name.StartsWith("config.", StringComparison.OrdinalIgnoreCase)
        && !Name.StartsWith("config.Labels.", StringComparison.Ordinal)
        && Name is not ("config.Image" or "config.Hostname" or "config.Domainname" or "config.AttachStdin" or "config.AttachStdout" or "config.AttachStderr" or "config.ArgsEscaped" or "config.OnBuild");
}

/// <summary>All fields in which two images' documents differ.</summary>
public static class FieldPairs
{
    private const string ManifestPrefix = "manifest.";

    public static IReadOnlyList<FieldPair> Of(ImageForm a, ImageForm b)
    {
        var (left, right) = (All(a), All(b));
        // a place that keeps no manifest says nothing about one
        var isManifestTold = a.ManifestBytes is not null && b.ManifestBytes is not null;
        return [.. left.Keys.Union(right.Keys, StringComparer.Ordinal)
            .Where(name => isManifestTold || !name.StartsWith(ManifestPrefix, StringComparison.Ordinal))
            .Select(name => new FieldPair(name, left.GetValueOrDefault(name), right.GetValueOrDefault(name)))
            .Where(pair => pair.A != pair.B && !IsSameTime(pair)).OrderBy(Rank).ThenBy(pair => pair.Name, StringComparer.Ordinal)];
    }

    private static SortedDictionary<string, string> All(ImageForm form)
    {
        var fields = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["platform"] = form.Config.Platform.ToString() };
        if (form.Config.Created is { } created) fields["created"] = created;
        foreach (var (name, value) in form.Config.Fields) fields[name] = value;
        foreach (var (name, value) in form.ManifestFields) fields[ManifestPrefix + name] = value;
        return fields;
    }

    // an engine writes the same moment in its own form
    private static bool IsSameTime(FieldPair pair) =>
        pair.Name == "created" && Time(pair.A) is { } left && left == Time(pair.B);

    private static DateTimeOffset? Time(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;

    // what matters most to whoever starts it comes first
    private static int Rank(FieldPair pair) =>
        pair.Name == "platform" ? 0 : pair.IsAboutStart ? 1 : pair.Name.StartsWith("config.", StringComparison.Ordinal) ? 2 : pair.Name.StartsWith(ManifestPrefix, StringComparison.Ordinal) ? 4 : 3;
}
