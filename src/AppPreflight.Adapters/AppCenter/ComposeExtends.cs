namespace AppPreflight.AppCenter;

/// <summary>Services that build on another one of the same file.</summary>
/// <remarks>Source: compose 1.29.2 config/config.py, ServiceExtendsResolver. It looks for the base in the first file only.</remarks>
internal sealed class ComposeExtends(YamlValue services)
{
    private const string OwnFile = "docker-compose.yml";
    private static readonly string[] NotInherited = ["links", "volumes_from", "net", "depends_on"];

    public YamlValue Resolve(string name, YamlValue service) => Resolve(name, service, []);

    private YamlValue Resolve(string name, YamlValue service, HashSet<string> seen)
    {
        if (service.Get("extends") is not { } extends)
        {
            return service;
        }

        if (!seen.Add(name))
        {
            throw ComposeFaultException.Refused($"Circular reference: the service {name} extends itself");
        }

        var (baseName, file) = extends.IsMap ? (extends.Get("service")!.Text, extends.Get("file")?.Text) : (extends.Text, null);
        if (file is not null && file.TrimStart('.', '/') != OwnFile)
        {
            throw ComposeFaultException.Refused($"the service {name} extends one of {file}, which is not there");
        }

        var found = services.Get(baseName)
            ?? throw ComposeFaultException.Refused($"Cannot extend service '{baseName}': Service not found");
        var resolved = Resolve(baseName, found, seen);
        RefuseBase(baseName, resolved);
        return ComposeMerge.Services(resolved, service);
    }

    private static void RefuseBase(string name, YamlValue service)
    {
        if (NotInherited.FirstOrDefault(service.Has) is { } key)
        {
            throw ComposeFaultException.Refused($"Cannot extend service '{name}': services with '{key}' cannot be extended");
        }

        if (service.Get("network_mode")?.Text.StartsWith("service:", StringComparison.Ordinal) == true)
        {
            throw ComposeFaultException.Refused($"Cannot extend service '{name}': services with 'network_mode: service' cannot be extended");
        }
    }
}
