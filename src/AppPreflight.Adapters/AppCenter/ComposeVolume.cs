namespace AppPreflight.AppCenter;

/// <summary>One entry of a service's <c>volumes</c>: where it is mounted, and the named volume it needs, if any.</summary>
/// <remarks>Source: compose 1.29.2 config/types.py (VolumeSpec, MountSpec) and config/config.py (split_path_mapping).</remarks>
internal sealed record ComposeVolume(string? RawTarget, string? Target, string? NamedSource)
{
    public static ComposeVolume Of(YamlValue entry) => entry.IsMap ? OfMap(entry) : OfText(entry.Text);

    private static ComposeVolume OfMap(YamlValue entry)
    {
        var source = entry.Get("source")?.Text;
        var type = entry.Get("type")!.Text;
        if (type == "tmpfs" && source is { Length: > 0 })
        {
            throw ComposeFaultException.Refused("tmpfs mounts can not specify a source");
        }

        var target = entry.Get("target")?.Text;
        return new ComposeVolume(target, target, type == "volume" && source is { Length: > 0 } ? Normal(source) : null);
    }

    private static ComposeVolume OfText(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
        {
            return new ComposeVolume(text, Normal(text), null);
        }

        var container = text[(colon + 1)..];
        var last = container.LastIndexOf(':');
        if (last >= 0 && container[..last].Contains(':', StringComparison.Ordinal))
        {
            throw ComposeFaultException.Refused($"Volume {text} has incorrect format, should be external:internal[:mode]");
        }

        var target = last < 0 ? container : container[..last];
        var source = text[..colon];
        // a path that begins with a point or a tilde is made absolute before it is looked at
        var named = source.Length == 0 || source[0] is '.' or '/' or '~' ? null : Normal(source);
        return new ComposeVolume(target, Normal(target), named is ['.' or '/' or '~', ..] ? null : source.Length == 0 ? null : named);
    }

    /// <summary>Python's posixpath.normpath.</summary>
    private static string Normal(string path)
    {
        var lead = !path.StartsWith('/') ? "" : path.StartsWith("//", StringComparison.Ordinal) && !path.StartsWith("///", StringComparison.Ordinal) ? "//" : "/";
        var parts = new List<string>();
        foreach (var part in path.Split('/').Where(p => p is not ("" or ".")))
        {
            if (part != ".." || (lead.Length == 0 && (parts.Count == 0 || parts[^1] == "..")))
            {
                parts.Add(part);
            }
            else if (parts.Count > 0)
            {
                parts.RemoveAt(parts.Count - 1);
            }
        }

        var normal = lead + string.Join('/', parts);
        return normal.Length == 0 ? "." : normal;
    }
}
