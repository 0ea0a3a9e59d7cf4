using AppPreflight.Apps;

namespace AppPreflight.Upgrades;

/// <summary>What the registry said to a <see cref="PermissionProbe"/>, in the three ways that matter to the App Center.</summary>
public enum PermissionAnswer
{
    /// <summary>The manifest was served.</summary>
    Granted,

    /// <summary>Any HTTP error, no connection, unknown host, wrong certificate, connect time-out: all read as "not bought".</summary>
    Denied,

    /// <summary>A read time-out or a connection reset: nothing catches it, the command ends in a traceback.</summary>
    Uncaught,
}

/// <summary>Whether a paid release may be installed; exactly one of the three is set.</summary>
internal sealed record Permission(bool? Granted, PermissionProbe? Missing = null, string? Crash = null);

/// <summary>The App Center's look at the registry before it offers a paid release.</summary>
/// <remarks>Source: appcenter/app.py, install_permissions_exist(); appcenter-docker/docker.py, access().</remarks>
internal static class PermissionRule
{
    private static readonly Permission Free = new(Granted: true);

    public static Permission Of(
        AppRelease release, HostState host, IReadOnlyDictionary<string, PermissionAnswer> answers, ICollection<PermissionProbe> asked)
    {
        if (!release.IsDocker || !release.InstallPermissions)
            return Free;
        var image = MainImage.Of(release, host);
        if (image.IsUndecided)
            return Free;
        if (image.Error is { } error)
            return new(null, Crash: $"{release.ComponentId}.compose does not tell the main image ({error})");
        if (image.Text is not { } reference)
            return new(null, Crash: $"{release.ComponentId} is a paid release without an image");
        return reference.Contains('/', StringComparison.Ordinal) ? Ask(reference, answers, asked) : Free;
    }

    private static Permission Ask(
        string reference, IReadOnlyDictionary<string, PermissionAnswer> answers, ICollection<PermissionProbe> asked)
    {
        var probe = ProbeOf(reference);
        if (Unsendable(probe.Url) is { } why)
            return new(null, Crash: $"the image {reference} makes no address ({why})");
        if (!asked.Contains(probe))
            asked.Add(probe);
        return !answers.TryGetValue(probe.Url, out var answer) ? new(null, Missing: probe) : answer switch
        {
            PermissionAnswer.Granted => Free,
            PermissionAnswer.Denied => new(Granted: false),
            _ => new(null, Crash: $"the registry's answer to {probe.Url} broke off or timed out"),
        };
    }

    // Cut as the App Center cuts it, a digest's colon and the first part of a Docker Hub name included.
    private static PermissionProbe ProbeOf(string reference)
    {
        var slash = reference.IndexOf('/', StringComparison.Ordinal);
        var (hub, name, tag) = (reference[..slash], reference[(slash + 1)..], "latest");
        var colon = name.IndexOf(':', StringComparison.Ordinal);
        if (colon >= 0)
            (name, tag) = (name[..colon], name[(colon + 1)..]);
        return new($"https://{hub}/v2/{name}/manifests/{tag}");
    }

    // Python's http.client refuses these before anything is sent, with errors that the App Center does not catch.
    private static string? Unsendable(string url)
    {
        var end = url.IndexOf('/', "https://".Length);
        var host = url["https://".Length..end];
        var colon = host.LastIndexOf(':');
        if (colon > host.LastIndexOf(']') && host[(colon + 1)..].Any(letter => !char.IsDigit(letter)))
            return "the port is no number";
        return url.AsSpan(end).ContainsAnyExceptInRange('!', '~') ? "blank, control or non-ASCII character" : null;
    }
}
