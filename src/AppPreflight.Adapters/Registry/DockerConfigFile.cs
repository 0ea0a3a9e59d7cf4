using System.Text;
using System.Text.Json;
using AppPreflight.Images;

namespace AppPreflight.Registry;

/// <summary>The logins in a Docker client's config.json. Only the stored pairs: credential helpers are programs, and none is started.</summary>
/// <remarks>Source: docker/cli config/configfile/file.go (auth = base64 of user:password), registry.ConvertToHostname.</remarks>
internal sealed class DockerConfigFile
{
    private const int MaxBytes = 1 << 20;
    private const string Hub = "docker.io";

    private readonly Dictionary<string, Credential> byHost = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> helped = new(StringComparer.OrdinalIgnoreCase);
    private bool helpsAll;

    private DockerConfigFile()
    {
    }

    /// <summary>Why the file could not be used, as a half-sentence; null when it could, or when there is none.</summary>
    public string? Complaint { get; private init; }

    public static DockerConfigFile Read(RegistrySettings settings)
    {
        var path = Path.Combine(settings.DockerConfigFolder ?? Path.Combine(settings.Root, "root/.docker"), "config.json");
        try
        {
            if (!File.Exists(path)) return new();
            if (new FileInfo(path).Length > MaxBytes) return new() { Complaint = $"{path} is larger than 1 MiB" };
            return Parse(File.ReadAllBytes(path));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // the second: a name or login that is no Unicode
            return new() { Complaint = $"{path} is not valid JSON" };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new() { Complaint = $"{path} cannot be read" };
        }
    }

    /// <param name="registry">Host or host:port as in a reference; "docker.io" for the Hub.</param>
    public Credential? Find(string registry) => byHost.GetValueOrDefault(registry);

    /// <summary>A helper keeps the login for this registry, and helpers are not started.</summary>
    public bool IsKeptByHelper(string registry) => helpsAll || helped.Contains(registry);

    private static DockerConfigFile Parse(byte[] bytes)
    {
        using var document = JsonDocument.Parse(bytes);
        var file = new DockerConfigFile();
        file.helpsAll = Member(document.RootElement, "credsStore") is { ValueKind: JsonValueKind.String };
        foreach (var (key, _) in Members(Member(document.RootElement, "credHelpers"))) file.helped.Add(HostOf(key));
        foreach (var (key, entry) in Members(Member(document.RootElement, "auths")))
        {
            if (Login(entry) is not { } login) continue;
            // the key as it stands wins over one that only means the same host
            if (key.Contains('/', StringComparison.Ordinal)) file.byHost.TryAdd(HostOf(key), login);
            else file.byHost[HostOf(key)] = login;
        }

        return file;
    }

    private static Credential? Login(JsonElement entry)
    {
        if (Member(entry, "auth") is { ValueKind: JsonValueKind.String } auth)
        {
            var text = auth.GetString()!;
            // never a large buffer for a small text: a file may have ten thousands of them
            var pair = new byte[text.Length];
            if (Convert.TryFromBase64String(text, pair, out var length)
                && Encoding.UTF8.GetString(pair, 0, length).TrimEnd('\0').Split(':', 2) is [{ Length: > 0 } user, var password])
                return new(user, password);
        }

        return (Member(entry, "username"), Member(entry, "password")) is
            ({ ValueKind: JsonValueKind.String } name, { ValueKind: JsonValueKind.String } secret)
            ? new(name.GetString()!, secret.GetString()!)
            : null;
    }

    private static string HostOf(string key)
    {
        var scheme = key.IndexOf("://", StringComparison.Ordinal);
        var host = scheme < 0 ? key : key[(scheme + 3)..];
        var slash = host.IndexOf('/', StringComparison.Ordinal);
        if (slash >= 0) host = host[..slash];
        return host is "index.docker.io" or "registry-1.docker.io" ? Hub : host;
    }

    private static JsonElement? Member(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var member) ? member : null;

    private static IEnumerable<(string Key, JsonElement Value)> Members(JsonElement? parent) =>
        parent is { ValueKind: JsonValueKind.Object } map ? map.EnumerateObject().Select(member => (member.Name, member.Value)) : [];
}
