using System.Text;

namespace AppPreflight.AppCenter;

/// <summary>A real directory tree of an appliance in a temporary folder, as the App Center keeps it.</summary>
internal sealed class ApplianceTree : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("appliance-");
    private readonly SortedDictionary<string, string> registry = new(StringComparer.Ordinal);

    public ApplianceTree()
    {
        Set("version/version", "5.2");
        Set("version/patchlevel", "3");
        Set("version/erratalevel", "283");
        Set("uuid/license", "11111111-2222-3333-4444-555555555555");
        Set("server/role", "domaincontroller_master");
    }

    public string Root => folder.FullName;

    public string Server { get; init; } = "appcenter.software-univention.de";

    public string CacheOf(string ucs) => Path.Combine(Root, "var/cache/univention-appcenter", Server, ucs);

    public ApplianceTree Set(string key, string value)
    {
        registry[key] = value;
        var text = new StringBuilder("# univention_ base.conf\n\n");
        foreach (var (name, content) in registry)
            text.Append(name).Append(": ").Append(content).Append('\n');
        return Write("etc/univention/base.conf", text.ToString());
    }

    public ApplianceTree Install(string app, string version, string ucs = "5.2") =>
        Set($"appcenter/apps/{app}/status", "installed").Set($"appcenter/apps/{app}/version", version).Set($"appcenter/apps/{app}/ucs", ucs);

    public ApplianceTree Lists(string versions) =>
        Write($"var/cache/univention-appcenter/{Server}/.ucs.ini", $"[5.2]\nSupportedUCSVersions = {versions}\n");

    /// <summary>A Docker app of the given id and version; further lines as they come.</summary>
    public ApplianceTree Offer(string ucs, string component, string version, params string[] lines)
    {
        var app = component.Split('_')[0];
        return InCache(ucs, component + ".ini",
            $"[Application]\nID = {app}\nCode = AA\nName = {app}\nVersion = {version}\nDockerImage = r.example.test/{app}:{version}\n"
            + string.Concat(lines.Select(line => line + "\n")));
    }

    public ApplianceTree InCache(string ucs, string name, string content) =>
        Write($"var/cache/univention-appcenter/{Server}/{ucs}/{name}", content);

    public ApplianceTree Write(string name, string content) => Write(name, Encoding.UTF8.GetBytes(content));

    public ApplianceTree Write(string name, byte[] content)
    {
        var path = Path.Combine(Root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        return this;
    }

    public void Dispose() => folder.Delete(recursive: true);
}
