namespace AppPreflight.AppCenter;

/// <summary>The rules between services that docker-compose checks before it pulls.</summary>
/// <remarks>Source: compose 1.29.2 config/validation.py, config/config.py (validate_service, finalize_service), config/sort_services.py, project.py.</remarks>
internal sealed class ComposeProject(
    IReadOnlyDictionary<string, YamlValue> services,
    IReadOnlyDictionary<string, YamlValue> networks,
    IReadOnlyDictionary<string, YamlValue> volumes,
    IReadOnlyDictionary<string, YamlValue> secrets,
    Func<string, bool> fileExists)
{
    private static readonly string[] Modes = ["network_mode", "pid", "ipc"];

    /// <exception cref="ComposeFaultException">The first rule that is broken.</exception>
    public void Check()
    {
        foreach (var (name, service) in services)
        {
            CheckService(name, service);
        }

        RefuseCycles();
        foreach (var (name, service) in services)
        {
            CheckReferences(name, service);
        }
    }

    public static void RefuseBlankName(string variable)
    {
        if (variable.Any(PythonText.IsSpace))
        {
            throw ComposeFaultException.Refused($"environment variable name '{variable}' may not contain whitespace.");
        }
    }

    private void CheckService(string name, YamlValue service)
    {
        CheckImage(name, service);
        ComposeServiceRules.Check(name, service);
        CheckModes(name, service);
        foreach (var dependency in DependsOn(service).Where(d => !services.ContainsKey(d)))
        {
            throw ComposeFaultException.Refused($"Service '{name}' depends on service '{dependency}' which is undefined.");
        }

        foreach (var link in Links(service).Where(l => !services.ContainsKey(l)))
        {
            throw ComposeFaultException.Refused($"Service '{name}' has a link to service '{link}' which is undefined.");
        }

        foreach (var file in EnvFiles(service).Where(f => !f.IsUnknown && !fileExists(f.Text)))
        {
            throw ComposeFaultException.Refused($"Couldn't find env file: {file.Text}");
        }

        CheckMounts(name, service);
    }

    private static void CheckImage(string name, YamlValue service)
    {
        var build = service.Get("build");
        if (build is null && !service.Has("image"))
        {
            throw ComposeFaultException.Refused($"Service {name} has neither an image nor a build context specified. At least one must be provided.");
        }

        if (build is { IsMap: true } && !build.Has("context"))
        {
            throw ComposeFaultException.Refused($"the build of the service {name} is invalid, context is required.");
        }

        if (service.Get("image")?.Truthy != true && name.Any(char.IsAsciiLetterUpper))
        {
            throw ComposeFaultException.Refused($"Service '{name}' contains uppercase characters which are not valid as part of an image name.");
        }
    }

    private void CheckModes(string name, YamlValue service)
    {
        if (service.Get("network_mode")?.Truthy == true && service.Has("networks"))
        {
            throw ComposeFaultException.Refused($"'network_mode' and 'networks' cannot be combined (service {name})");
        }

        foreach (var used in Shared(service).Where(s => !services.ContainsKey(s)))
        {
            throw ComposeFaultException.Refused($"Service '{name}' uses a part of service '{used}' which is undefined.");
        }
    }

    private static IEnumerable<string> Shared(YamlValue service) => Modes
        .Select(mode => service.Get(mode)?.Text ?? "")
        .Where(mode => mode.StartsWith("service:", StringComparison.Ordinal))
        .Select(mode => mode["service:".Length..]);

    private static IEnumerable<string> DependsOn(YamlValue service) => service.Get("depends_on") switch
    {
        null => [],
        { IsMap: true } map => map.Entries().Select(e => e.Key.Text),
        var list => list.Items.Select(i => i.Text),
    };

    private static IEnumerable<string> Links(YamlValue service) => service.Get("links")?.Items.Select(l => l.Text.Split(':')[0]) ?? [];

    private static List<YamlValue> EnvFiles(YamlValue service) =>
        service.Get("env_file") is not { } files ? [] : files.IsList ? files.Items : [files];

    private static IEnumerable<string> VolumesFrom(YamlValue service) => service.Get("volumes_from")?.Items.Select(VolumeSource) ?? [];

    private static string VolumeSource(YamlValue entry) => entry.Text.Split(':') switch
    {
        [var source] => source,
        ["container", var source] => "container:" + source,
        [var source, _] => source,
        ["service", var source, _] => source,
        ["container", var source, _] => "container:" + source,
        _ => throw ComposeFaultException.Refused($"volume_from {entry.Text} has incorrect format"),
    };

    private static void CheckMounts(string name, YamlValue service)
    {
        var targets = Mounts(service).Select(v => v.Target ?? "").ToArray();
        if (targets.Distinct(StringComparer.Ordinal).Count() < targets.Length)
        {
            throw ComposeFaultException.Refused($"Duplicate mount points in the service {name}");
        }
    }

    private static IEnumerable<ComposeVolume> Mounts(YamlValue service) =>
        service.Get("volumes")?.Items.Where(v => !v.IsUnknown).Select(ComposeVolume.Of) ?? [];

    private void CheckReferences(string name, YamlValue service)
    {
        foreach (var source in Mounts(service).Select(m => m.NamedSource).Where(s => s is not null && !volumes.ContainsKey(s)))
        {
            throw ComposeFaultException.Refused($"Named volume \"{source}\" is used in service \"{name}\" but no declaration was found in the volumes section.");
        }

        foreach (var network in NetworkNames(service).Where(n => n != "default" && !networks.ContainsKey(n)))
        {
            throw ComposeFaultException.Refused($"Service \"{name}\" uses an undefined network \"{network}\"");
        }

        foreach (var source in VolumesFrom(service).Where(s => !services.ContainsKey(s)))
        {
            throw ComposeFaultException.Refused($"Service \"{name}\" mounts volumes from \"{source}\", which is not the name of a service or container.");
        }

        foreach (var secret in (service.Get("secrets")?.Items ?? []).Select(s => s.IsMap ? s.Get("source")?.Text ?? "" : s.Text))
        {
            if (!secrets.TryGetValue(secret, out var definition) || !definition.Truthy)
            {
                throw ComposeFaultException.Refused($"Service \"{name}\" uses an undefined secret \"{secret}\"");
            }
        }
    }

    private static IEnumerable<string> NetworkNames(YamlValue service) => service.Has("network_mode") ? [] : service.Get("networks") switch
    {
        null => [],
        { IsMap: true } map => map.Entries().Select(e => e.Key.Text),
        var list => list.Items.Select(i => i.Text),
    };

    /// <summary>A ring of services that need one another; followed without recursion, as there may be many.</summary>
    private void RefuseCycles()
    {
        var needs = services.ToDictionary(
            s => s.Key,
            s => DependsOn(s.Value).Concat(Links(s.Value)).Concat(VolumesFrom(s.Value)).Concat(Shared(s.Value))
                .Where(services.ContainsKey).ToHashSet(StringComparer.Ordinal),
            StringComparer.Ordinal);
        while (needs.Count > 0)
        {
            var free = needs.Where(n => n.Value.Count == 0).Select(n => n.Key).ToArray();
            if (free.Length == 0)
            {
                throw ComposeFaultException.Refused($"Circular dependency between {string.Join(" and ", needs.Keys.Order(StringComparer.Ordinal).Take(5))}");
            }

            foreach (var name in free)
            {
                needs.Remove(name);
            }

            foreach (var rest in needs.Values)
            {
                rest.ExceptWith(free);
            }
        }
    }
}
