using System.Formats.Tar;
using System.Text;
using System.Text.Json.Nodes;

namespace AppPreflight.Rehearsal;

/// <summary>The files of a UCS 5.2 host that the product reads: App Center cache, UCR, list of packages.</summary>
/// <remarks>Source: reference/appcenter.md sections 1 (cache), 2 (INI), 4 (UCR) and 8 (Kelvin).</remarks>
internal static class ApplianceFiles
{
    public const string App = "ucsschool-kelvin-rest-api";
    private const string Server = "var/cache/univention-appcenter/appcenter.software-univention.de";

    private static readonly (string Ucs, string Component, string Version, string Tag, string Further)[] Releases =
    [
        ("5.0", "20241209101010", "1.10.3", "1.10.3", "SupportedUCSVersions = 4.4-7 errata892, 5.0-0\n"),
        ("5.2", "20241209101010", "1.10.3", "1.10.3", "SupportedUCSVersions = 5.2-0\n"),
        ("5.2", "20250314101010", "2.0.0", "2.0.0", "SupportedUCSVersions = 5.2-0\n"),
        ("5.2", "20251007101010", "3.1.1", "release3.1.1", "SupportedUCSVersions = 5.2-0\nRequiredAppVersionUpgrade = 2.0.0\n"),
    ];

    /// <param name="root">What becomes <c>--root</c>.</param>
    /// <param name="repository">Registry and repository without tag.</param>
    /// <param name="container">Id of the container of the installed version.</param>
    public static void Write(string root, string repository, string container)
    {
        WriteText(root, $"{Server}/.ucs.ini", "[5.2]\nSupportedUCSVersions = 5.2, 5.0\n");
        foreach (var release in Releases)
            WriteText(root, $"{Server}/{release.Ucs}/{App}_{release.Component}.ini", Ini(release.Version, $"{repository}:{release.Tag}", release.Further));
        WriteText(root, $"{Server}/5.2/ucsschool_20240924121830.ini", School);
        foreach (var ucs in (string[])["5.0", "5.2"]) Pack(Path.Combine(root, Server, ucs));
        WriteText(root, "etc/univention/base.conf", Registry(repository, container));
        WriteText(root, "var/lib/dpkg/status", Packages);
    }

    public static void Register(string root, string key, string? value)
    {
        var file = Path.Combine(root, "etc/univention/base.conf");
        var name = $"appcenter/apps/{App}/{key}: ";
        var others = File.ReadAllLines(file).Where(line => !line.StartsWith(name, StringComparison.Ordinal));
        File.WriteAllLines(file, value is null ? others : others.Append(name + value));
    }

    public static void Offer(string root, string version, string image) => Offer(root, version, version, image, "");

    /// <param name="component">What tells releases of the same version apart.</param>
    /// <param name="further">More lines of the release's description.</param>
    public static void Offer(string root, string component, string version, string image, string further)
    {
        WriteText(root, $"{Server}/5.2/{App}_{component}.ini", Ini(version, image, $"SupportedUCSVersions = 5.2-0\n{further}"));
        Pack(Path.Combine(root, Server, "5.2"));
    }

    /// <summary>A file beside the description of the release of this version in the 5.2 cache: "compose", "ini" ...</summary>
    public static void Write(string root, string version, string kind, string text)
    {
        var component = Releases.First(release => release.Ucs == "5.2" && release.Version == version).Component;
        WriteText(root, $"{Server}/5.2/{App}_{component}.{kind}", text);
        Pack(Path.Combine(root, Server, "5.2"));
    }

    /// <summary>Takes every release of the app out of the caches, and the 5.0 cache with it, which has no other.</summary>
    public static void Withdraw(string root)
    {
        Directory.Delete(Path.Combine(root, Server, "5.0"), recursive: true);
        foreach (var file in Directory.EnumerateFiles(Path.Combine(root, Server, "5.2"), $"{App}_*")) File.Delete(file);
        Pack(Path.Combine(root, Server, "5.2"));
    }

    /// <summary>Only the archives are there: they are just being unpacked.</summary>
    public static void Unpacking(string root)
    {
        foreach (var file in Directory.EnumerateFiles(Path.Combine(root, Server, "5.2"), "*.ini")) File.Delete(file);
    }

    /// <summary>Takes a package off the list of the installed ones: all of them, for there is one.</summary>
    public static void Uninstall(string root) => WriteText(root, "var/lib/dpkg/status", "");

    /// <summary>A login of root's own.</summary>
    public static void LogIn(string root, string registry, string user, string password)
    {
        var pair = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"));
        WriteText(root, "root/.docker/config.json", new JsonObject { ["auths"] = new JsonObject { [registry] = new JsonObject { ["auth"] = pair } } }.ToJsonString());
    }

    private const string School = """
        [Application]
        ID = ucsschool
        Code = US
        Name = UCS@school
        Version = 5.2 v4
        DefaultPackages = ucs-school-umc-installer
        WithoutRepository = False

        """;

    private const string Packages = """
        Package: ucs-school-umc-installer
        Status: install ok installed
        Architecture: all
        Version: 9.0.5-1


        """;

    private static string Ini(string version, string image, string further) => $"""
        [Application]
        ID = {App}
        Code = K2
        Name = UCS@school Kelvin REST API
        Version = {version}
        DockerImage = {image}
        ServerRole = domaincontroller_master,domaincontroller_backup
        RequiredApps = ucsschool
        {further}
        """;

    private static string Registry(string repository, string container) => $"""
        # univention_ base.conf

        appcenter/apps/{App}/container: {container}
        appcenter/apps/{App}/image: {repository}:1.10.3
        appcenter/apps/{App}/status: installed
        appcenter/apps/{App}/ucs: 5.2
        appcenter/apps/{App}/version: 1.10.3
        domainname: example.test
        hostname: primary
        ldap/base: dc=example,dc=test
        repository/online/component/ucsschool_20240924121830: enabled
        server/role: domaincontroller_master
        uuid/license: 11111111-2222-3333-4444-555555555555
        version/erratalevel: 283
        version/patchlevel: 3
        version/version: 5.2

        """;

    private static void WriteText(string root, string path, string text)
    {
        var full = Path.Combine(root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }

    /// <summary>The signed archive that the cache was unpacked from lies beside its files.</summary>
    private static void Pack(string folder)
    {
        using var file = File.Create(Path.Combine(folder, ".all.tar"));
        using var writer = new TarWriter(file, TarEntryFormat.Ustar, leaveOpen: false);
        foreach (var path in Directory.EnumerateFiles(folder, "*.ini").Order(StringComparer.Ordinal))
            writer.WriteEntry(path, Path.GetFileName(path));
    }
}
