using AppPreflight.Apps;

namespace AppPreflight.AppCenter;

/// <summary>Where the App Center keeps its files, relative to the root of the appliance.</summary>
internal static class CachePaths
{
    public const string Caches = "var/cache/univention-appcenter";
    public const string UpdaterStatus = "var/lib/univention-updater/univention-updater.status";
    public const string Packages = "var/lib/dpkg/status";
    public const string AppFolders = "var/lib/univention-appcenter/apps";
    public const string PythonModules = "usr/lib/python3/dist-packages/univention/appcenter";
    public const string Registry = "etc/univention";

    private const string DefaultServer = "https://appcenter.software-univention.de";

    /// <summary>The folder of the server that the registry names; its name is the host part of the address.</summary>
    /// <remarks>Source: appcenter/app_cache.py, default_server() and get_cache_dir(); Python's urlsplit().</remarks>
    public static string ServerFolder(UcrValues ucr)
    {
        var server = ucr["repository/app_center/server"] ?? DefaultServer;
        var address = server.StartsWith("http", StringComparison.Ordinal) ? server : "https://" + server;
        var host = Host(address);
        return host is "." or ".." || host.Contains('\0', StringComparison.Ordinal)
            ? throw Fence.Refusal($"/{Registry}/base.conf", $"names an App Center server '{server}' that makes no folder name")
            : Path.Join(Caches, host);
    }

    private static string Host(string address)
    {
        var colon = address.IndexOf(':', StringComparison.Ordinal);
        var rest = colon > 0 && address[..colon].All(IsSchemeLetter) ? address[(colon + 1)..] : address;
        if (!rest.StartsWith("//", StringComparison.Ordinal))
            return "";
        var end = rest.AsSpan(2).IndexOfAny("/?#");
        return end < 0 ? rest[2..] : rest.Substring(2, end);
    }

    private static bool IsSchemeLetter(char letter) => char.IsAsciiLetterOrDigit(letter) || letter is '+' or '-' or '.';
}
