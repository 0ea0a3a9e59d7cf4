namespace AppPreflight.AppCenter;

/// <summary>What <c>docker-compose pull</c> of version 1.29.2 fetches, or why it refuses the files.</summary>
/// <remarks>Source: compose 1.29.2 config/config.py (load), project.py (from_config, pull), service.py (pull).</remarks>
internal static class ComposeTool
{
    private static readonly string[] OtherSections = ["volumes", "networks", "secrets", "configs"];

    /// <param name="files">docker-compose.yml as docker-compose reads it, then the override file if there is one.</param>
    /// <param name="fileExists">Whether a path below the run directory names a file there.</param>
    /// <returns>References with tag or digest, each once, sorted.</returns>
    /// <exception cref="ComposeFaultException">docker-compose refuses.</exception>
    public static IReadOnlyList<string> Pulled(IReadOnlyList<YamlValue> files, Func<string, bool> fileExists)
    {
        foreach (var file in files)
        {
            CheckTop(file);
        }

        var processed = files.Select(Process).ToArray();
        var services = Services(processed);
        var project = new ComposeProject(services, Section(processed, "networks"), Section(processed, "volumes"), Section(processed, "secrets"), fileExists);
        project.Check();
        return [.. services.Where(s => s.Value.Get("profiles")?.Truthy != true && s.Value.Has("image"))
            .Select(s => Reference(s.Value.Get("image")!.Text))
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal)];
    }

    /// <remarks>service.py, parse_repository_tag: what is behind the last colon is a tag unless it holds a slash.</remarks>
    public static string Reference(string image)
    {
        var at = image.LastIndexOf('@');
        var colon = image.LastIndexOf(':');
        var (repository, tag) = at >= 0 ? (image[..at], image[(at + 1)..])
            : colon >= 0 && image.IndexOf('/', colon) < 0 ? (image[..colon], image[(colon + 1)..])
            : (image, "");
        return tag.Length == 0 ? repository + ":latest"
            : repository + (tag.StartsWith("sha256:", StringComparison.Ordinal) ? '@' : ':') + tag;
    }

    private static void CheckTop(YamlValue file)
    {
        if (!file.IsMap)
        {
            throw ComposeFaultException.Refused("Top level object needs to be an object");
        }

        CheckVersion(file);
    }

    private static void CheckVersion(YamlValue file)
    {
        var version = file.Get("version");
        if (version?.Truthy != true)
        {
            string[] sections = ["services", "networks", "volumes"];
            if (!sections.Any(s => file.Get(s)?.Truthy == true))
            {
                throw ComposeFaultException.Refused("a file without version and services counts as version 1 and does not go together with the rest");
            }

            foreach (var section in sections)
            {
                CheckSection(file.Get(section), section);
            }

            return;
        }

        if (!version.IsText)
        {
            throw ComposeFaultException.Refused("Version is invalid - it should be a string.");
        }

        if (!IsVersion(version.Text.TrimEnd('\n')) || version.Text.StartsWith('1'))
        {
            throw ComposeFaultException.Refused($"Version \"{version.Text}\" is invalid.");
        }
    }

    /// <summary>Digits 1 to 3, then perhaps a point and digits.</summary>
    private static bool IsVersion(string text)
    {
        var parts = text.Split('.');
        return parts.Length <= 2 && parts[0].Length > 0 && parts[0].All(c => c is >= '1' and <= '3')
            && parts.Skip(1).All(p => p.Length > 0 && p.All(char.IsDigit));
    }

    private static void CheckSection(YamlValue? section, string name)
    {
        if (section is null or { IsUnknown: true })
        {
            return;
        }

        if (!section.IsMap)
        {
            throw ComposeFaultException.Refused($"{name} must be a mapping");
        }

        foreach (var (key, value) in section.Entries())
        {
            if (!key.IsText)
            {
                throw ComposeFaultException.Refused($"the {name} name {ComposeEquality.Name(key)} must be a quoted string");
            }

            if (value is { Kind: not (YamlKind.Map or YamlKind.Null), IsUnknown: false })
            {
                throw ComposeFaultException.Refused($"{name} '{key.Text}' must be a mapping");
            }
        }
    }

    private static YamlValue Process(YamlValue file)
    {
        var types = new ComposeTypes();
        var processed = new YamlValue(YamlKind.Map);
        foreach (var (key, value) in file.Entries())
        {
            processed.Set(key, value);
        }

        foreach (var name in (string[])["services", .. OtherSections])
        {
            var section = file.Get(name) ?? new YamlValue(YamlKind.Map);
            CheckSection(section, name);
            processed.Set(name, types.Apply(section, name.TrimEnd('s')));
        }

        ComposeSchema.Check(processed);
        foreach (var name in OtherSections)
        {
            CheckExternal(processed.Get(name)!, name);
        }

        return processed;
    }

    private static void CheckExternal(YamlValue section, string name)
    {
        foreach (var (key, value) in section.Entries().Where(e => e.Value.IsMap && e.Value.Get("external")?.Truthy == true))
        {
            if (value.Entries().Any(e => !(e.Key.Text is "external" or "name" || (name == "networks" && e.Key.Text == "driver"))))
            {
                throw ComposeFaultException.Refused($"{name} {key.Text} declared as external but specifies additional attributes");
            }
        }
    }

    private static Dictionary<string, YamlValue> Section(YamlValue[] files, string name)
    {
        var all = new Dictionary<string, YamlValue>(StringComparer.Ordinal);
        foreach (var (key, value) in files.SelectMany(f => f.Get(name)!.Entries()))
        {
            all[key.Text] = value;
        }

        return all;
    }

    private static Dictionary<string, YamlValue> Services(YamlValue[] files)
    {
        var merged = files.Select(f => f.Get("services")!.Entries().ToDictionary(e => e.Key.Text, e => e.Value, StringComparer.Ordinal))
            .Aggregate((lower, upper) => lower.Keys.Union(upper.Keys).ToDictionary(
                name => name,
                name => ComposeMerge.Files(lower.GetValueOrDefault(name), upper.GetValueOrDefault(name)),
                StringComparer.Ordinal));
        var extends = new ComposeExtends(files[0].Get("services")!);
        return merged.ToDictionary(s => s.Key, s => extends.Resolve(s.Key, s.Value), StringComparer.Ordinal);
    }
}
