using System.Text;
using AppPreflight.Ports;

namespace AppPreflight.AppCenter;

/// <summary>Stamps of what the agent reacts to. Most looks are some thirty calls of stat(2) and nothing else: docs/decisions/0018.</summary>
/// <param name="configFile">The agent's configuration, absolute.</param>
/// <remarks>For one caller at a time.</remarks>
internal sealed class ApplianceWatch(string root, string configFile) : IApplianceWatch
{
    private const string VersionListFile = ".ucs.ini";
    private const string Archive = ".all.tar";

    private readonly StampedFiles registry = new(UcrFiles.Names.Select(name => Path.Join(root, CachePaths.Registry, name)));
    private readonly StampedFolder descriptions = new(Path.Join(root, AppsYaml.Folder), name => AppsYaml.IsDescription(name) ? [name] : []);
    private readonly StampedFiles config = new([configFile]);

    private string serverFolder = "";
    private StampedFolder? server;
    private string appKeys = "";
    private ApplianceStamp? last;

    public ApplianceStamp Take()
    {
        var changed = registry.Look();
        if (changed) ReadRegistry();
        changed |= server?.Look() ?? false;
        changed |= descriptions.Look();
        changed |= config.Look();
        if (changed || last is null) last = new(Text(Caches), appKeys, Text(config.WriteTo));
        return last;
    }

    // A registry that can't be read is a state of its own; the server's folder is then the one of the last that could be.
    private void ReadRegistry()
    {
        try
        {
            var values = UcrFiles.Read(Fence.Around(root)?.Enter(CachePaths.Registry)).Values;
            appKeys = AppKeyLines.Of(values);
            Follow(Path.Join(root, CachePaths.ServerFolder(values)));
        }
        catch (SourceException fault)
        {
            appKeys = AppKeyLines.Unreadable(fault.Message);
        }
    }

    private void Follow(string folder)
    {
        if (folder == serverFolder) return;
        serverFolder = folder;
        server = new(folder, Members);
    }

    /// <summary>Of a server's folder: each UCS version's folder and archive, and the list of versions.</summary>
    private static IEnumerable<string> Members(string name) =>
        name == VersionListFile ? [name] : name[0] == '.' ? [] : [name, Path.Join(name, Archive)];

    private void Caches(StringBuilder text)
    {
        server?.WriteTo(text);
        descriptions.WriteTo(text);
    }

    private static string Text(Action<StringBuilder> write)
    {
        var text = new StringBuilder();
        write(text);
        return text.ToString();
    }
}
