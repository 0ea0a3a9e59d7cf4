using System.Text.Json;
using AppPreflight.Apps;
using AppPreflight.Oci;

namespace AppPreflight.AppCenter;

/// <summary>The App Center's own copy of what it parsed; while it is newer than the archive it is used instead of the INI files.</summary>
/// <remarks>Source: appcenter/app_cache.py, _load_cache(). A damaged file is rebuilt by the App Center and says nothing.</remarks>
internal static class JsonCache
{
    public const int MaxBytes = 64 * 1024 * 1024;
    private const int MostNotes = 20;

    private static readonly (string Key, Func<AppRelease, string> Value)[] Compared =
    [
        ("id", release => release.Id),
        ("version", release => release.Version.Text),
        ("docker_image", release => Text(release.DockerImage)),
        ("docker_main_service", release => Text(release.DockerMainService)),
        ("docker_allowed_images", release => string.Join(", ", release.DockerAllowedImages)),
        ("required_app_version_upgrade", release => Text(release.RequiredAppVersionUpgrade?.Text)),
        ("supported_ucs_versions", release => string.Join(", ", release.SupportedUcsVersions)),
        ("install_permissions", release => release.InstallPermissions ? "true" : "false"),
        ("plugin_of", release => Text(release.PluginOf)),
    ];

    /// <summary>What the file says otherwise than the releases, one note each; none if it can't be read.</summary>
    public static IReadOnlyList<CatalogNote> Differences(string file, byte[] content, IReadOnlyList<AppRelease> releases)
    {
        try
        {
            return [.. Compare(Read(content), releases).Take(MostNotes).Select(message => new CatalogNote(file, message))];
        }
        catch (Exception damaged) when (damaged is JsonException or InvalidOperationException)
        {
            return []; // no JSON, or a text with half a surrogate pair
        }
    }

    private static IEnumerable<string> Compare(Dictionary<string, Dictionary<string, string>> cached, IReadOnlyList<AppRelease> releases)
    {
        if (!cached.Values.Any(app => app.ContainsKey("docker_image") && app.ContainsKey("version")))
            yield break;
        foreach (var release in releases)
        {
            if (!cached.Remove(release.ComponentId, out var app))
            {
                yield return $"The App Center's parsed copy lacks {release.ComponentId}, and it is used instead of the INI files.";
                continue;
            }

            foreach (var (key, value) in Compared)
            {
                if (app.TryGetValue(key, out var said) && said != value(release))
                    yield return $"The App Center's parsed copy, used instead of the INI files, has {key} '{Quote.Short(said)}' for {release.ComponentId}, the INI files have '{Quote.Short(value(release))}'.";
            }
        }

        foreach (var component in cached.Keys.Order(StringComparer.Ordinal))
            yield return $"The App Center's parsed copy, used instead of the INI files, still lists {Quote.Short(component)}.";
    }

    private static Dictionary<string, Dictionary<string, string>> Read(byte[] content)
    {
        var apps = new Dictionary<string, Dictionary<string, string>>(StringComparer.Ordinal);
        var reader = new Utf8JsonReader(content);
        Expect(reader.Read() && reader.TokenType == JsonTokenType.StartArray);
        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            var app = ReadApp(ref reader);
            if (app.TryGetValue("component_id", out var component))
                apps.TryAdd(component, app);
        }

        Expect(reader.TokenType == JsonTokenType.EndArray);
        return apps;
    }

    private static Dictionary<string, string> ReadApp(ref Utf8JsonReader reader)
    {
        var app = new Dictionary<string, string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = KnownKey(reader);
            Expect(reader.Read());
            if (key is null)
                reader.Skip();
            else
                app[key] = Value(ref reader);
        }

        return app;
    }

    // Compared without making a string of each of the hundred keys an app has.
    private static string? KnownKey(Utf8JsonReader reader)
    {
        if (reader.ValueTextEquals("component_id"u8))
            return "component_id";
        foreach (var (key, _) in Compared)
        {
            if (reader.ValueTextEquals(key))
                return key;
        }

        return null;
    }

    private static string Value(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                return reader.GetString()!;
            case JsonTokenType.StartArray:
                return List(ref reader);
            case JsonTokenType.True:
                return "true";
            case JsonTokenType.False:
                return "false";
            case JsonTokenType.Null:
                return Text(null);
            default:
                reader.Skip();
                return "(odd value)";
        }
    }

    private static string List(ref Utf8JsonReader reader)
    {
        var items = new List<string>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            items.Add(Value(ref reader));
        return string.Join(", ", items);
    }

    private static string Text(string? value) => value ?? "(not set)";

    private static void Expect(bool holds)
    {
        if (!holds)
            throw new JsonException();
    }
}
