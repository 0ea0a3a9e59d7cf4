using System.Collections.Immutable;
using System.Text;
using AppPreflight.Apps;
using AppPreflight.Ports;
using DocumentNode = YamlDotNet.RepresentationModel.YamlNode;

namespace AppPreflight.AppCenter;

/// <summary>The catalogue of an appliance that is described in YAML, and what of it is installed.</summary>
internal sealed record AppsYamlReading(AppCache Cache, ImmutableDictionary<string, string> InstalledVersions);

/// <summary>Reads <c>/etc/app-preflight/apps.d/*.yaml</c>, the catalogue of appliances other than UCS. Format: docs/apps.d.md.</summary>
internal static class AppsYaml
{
    public const string Folder = "etc/app-preflight/apps.d";

    private const int MaxFiles = 1000;
    private const int MaxVersionFileBytes = 64 * 1024;

    /// <param name="root">What paths in the files are below: / or the folder of <c>--root</c>; nothing outside it is read.</param>
    /// <exception cref="SourceException">Malformed, subject FILE:LINE; or a file that can't be read.</exception>
    public static AppsYamlReading Read(Fence root)
    {
        var releases = new List<AppRelease>();
        var installed = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        var seen = new Dictionary<string, string>(StringComparer.Ordinal);
        var folder = root.Enter(Folder);
        foreach (string name in folder?.Names(MaxFiles).Where(IsDescription) ?? [])
        {
            string file = folder!.PathOf(name);
            byte[] content = folder.Read(name, GuardedYaml.MaxBytes) ?? [];
            foreach (var document in GuardedYaml.Load(file, content))
            {
                var app = new YamlFields(file, document.RootNode, "id", "name", "installed", "versions");
                string id = IdOf(app);
                if (!seen.TryAdd(id, file))
                {
                    throw app.Refusal(app.Node("id")!, $"the app '{id}' is described in {seen[id]} already");
                }

                releases.AddRange(Releases(file, app, id));
                if (app.Node("installed") is { } place && InstalledVersion(root, file, place) is { } version)
                {
                    installed.Add(id, version);
                }
            }
        }

        return new(new AppCache("", ReleaseOrder.Sort(releases)), installed.ToImmutable());
    }

    public static bool IsDescription(string name) => name.EndsWith(".yaml", StringComparison.Ordinal) && name[0] != '.';

    /// <summary>The same form as on UCS, because it stands in commands (<c>APP=VERSION</c>) and file names.</summary>
    private static string IdOf(YamlFields app)
    {
        string id = app.Required("id");
        return ReleaseAttribute.IsId(id) ? id : throw app.Refusal(app.Node("id")!, $"'{id}' is no app id: letters, digits, and - or _ between them");
    }

    private static List<AppRelease> Releases(string file, YamlFields app, string id)
    {
        var releases = new List<AppRelease>();
        foreach (var node in app.List("versions"))
        {
            var fields = new YamlFields(file, node, "version", "images", "requires");
            var release = ReleaseOf(fields, id, app.Text("name") ?? id);
            if (releases.Find(other => other.Version.CompareTo(release.Version) == 0) is { } equal)
            {
                throw fields.Refusal(fields.Node("version")!, $"version '{release.Version}' is neither older nor newer than '{equal.Version}'");
            }

            releases.Add(release);
        }

        return releases;
    }

    private static AppRelease ReleaseOf(YamlFields fields, string id, string name)
    {
        string version = fields.Required("version");
        return new AppRelease
        {
            Id = id,
            ComponentId = $"{id}_{version}",
            Ucs = "",
            Version = new(version),
            Name = name,
            RequiredAppVersionUpgrade = fields.Text("requires") is { } required ? new(required) : null,
            Images = new NamedImages([.. fields.List("images").Select(node => ImageOf(fields, node)).Distinct(StringComparer.Ordinal)]),
        };
    }

    private static string ImageOf(YamlFields fields, DocumentNode node)
    {
        string image = fields.TextOf(node, "images");
        return image.Any(char.IsWhiteSpace) ? throw fields.Refusal(node, $"'{image}' is no image reference") : image;
    }

    /// <returns>Null when the file that would tell is absent, or has no such line: then the app is not installed.</returns>
    private static string? InstalledVersion(Fence root, string file, DocumentNode node)
    {
        var place = new YamlFields(file, node, "version", "file", "key");
        string? path = place.Text("file");
        if ((place.Text("version") is null) == (path is null) || (path is null && place.Node("key") is not null))
        {
            throw place.Refusal(node, "'installed' has either 'version', or 'file' with or without 'key'");
        }

        if (path is null)
        {
            return place.Text("version");
        }

        if (!Path.IsPathRooted(path) || path.Split('/').Contains("..", StringComparer.Ordinal))
        {
            throw place.Refusal(place.Node("file")!, $"'{path}' has to begin with / and may not contain ..");
        }

        return root.Read(path, MaxVersionFileBytes) is { } content ? VersionIn(Encoding.UTF8.GetString(content), place.Text("key")) : null;
    }

    private static string? VersionIn(string text, string? key)
    {
        string[] lines = text.Split('\n');
        string? found = key is null
            ? lines[0]
            : Array.Find(lines, line => line.StartsWith(key + "=", StringComparison.Ordinal))?[(key.Length + 1)..];
        string version = Unquoted(found?.Trim() ?? "");
        return version.Length > 0 ? version : null;
    }

    /// <summary>As in os-release and .env files: one pair of quotes around the whole value.</summary>
    private static string Unquoted(string value) =>
        value.Length >= 2 && value[0] is '"' or '\'' && value[^1] == value[0] ? value[1..^1].Trim() : value;
}
