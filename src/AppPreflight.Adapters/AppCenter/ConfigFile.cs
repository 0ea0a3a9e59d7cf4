using System.Collections.Immutable;
using System.Globalization;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Ports;
using AppPreflight.Runs;
using YamlDotNet.RepresentationModel;
using DocumentNode = YamlDotNet.RepresentationModel.YamlNode;

namespace AppPreflight.AppCenter;

/// <summary>Reads the agent's configuration: app-preflight.yaml(5).</summary>
/// <param name="root">The default file lies below it and may not lead out of it.</param>
/// <param name="named">The file of <c>--config</c>, absolute, wherever it lies; null for the default one.</param>
internal sealed class ConfigFile(string root, string? named)
{
    private const string Place = "etc/app-preflight/config.yaml";
    private const int LongestJitterMinutes = 720;
    private const int MostScrubMinutes = 720;
    private const int HighestScrubRate = 10_000;
    private const string AutoWords = "heal, check or off";

    private static readonly string[] keys = ["auto", "apps", "nightly", "jitter", "scrub", "metrics"];

    /// <summary>Where it is, or would be.</summary>
    public string FullName { get; } = named ?? Path.Join(root, Place);

    /// <returns>What is not set in the file is as without a file.</returns>
    /// <exception cref="SourceException">
    /// A key or value that is not known (subject FILE:LINE), a file that can't be used (subject FILE), or one that was named and is not there.
    /// </exception>
    public AgentConfig Read()
    {
        if (Content() is not { } content) return new();
        var documents = GuardedYaml.Load(FullName, content);
        if (documents.Count > 1) throw GuardedYaml.Refusal(FullName, documents[1].RootNode, "one document is enough");
        return documents.Count == 0 || IsEmpty(documents[0].RootNode) ? new() : ConfigOf(new(FullName, documents[0].RootNode, keys));
    }

    private byte[]? Content()
    {
        var content = named is null ? Fence.Around(root)?.Read(Place, GuardedYaml.MaxBytes) : NamedContent(named);
        if (content is null && Directory.Exists(FullName)) throw Fence.Refusal(FullName, "is a folder");
        return content;
    }

    private static byte[]? NamedContent(string path)
    {
        using var file = OpenedFile.Open(path, followLinks: true, out _)
            ?? throw new SourceException(Source.AppCenter, Fault.Missing, $"{path} is not there.") { Subject = path };
        return file.ReadAll(GuardedYaml.MaxBytes);
    }

    private AgentConfig ConfigOf(YamlFields fields)
    {
        var usual = new AgentConfig();
        return new()
        {
            Auto = fields.Node("auto") is { } auto ? AutoOf(fields, auto, "auto") : usual.Auto,
            Apps = fields.Node("apps") is { } apps && !IsEmpty(apps) ? AppsOf(fields, apps) : usual.Apps,
            Nightly = fields.Node("nightly") is { } nightly ? NightlyOf(fields, nightly) : usual.Nightly,
            Jitter = fields.Node("jitter") is { } jitter ? JitterOf(fields, jitter) : usual.Jitter,
            Scrub = fields.Node("scrub") is { } scrub && !IsEmpty(scrub) ? ScrubOf(fields, scrub, usual.Scrub!) : usual.Scrub,
            MetricsFolder = fields.Node("metrics") is { } metrics ? MetricsOf(fields, metrics) : usual.MetricsFolder,
        };
    }

    private ImmutableDictionary<string, AutoMode> AppsOf(YamlFields fields, DocumentNode node)
    {
        var modes = ImmutableDictionary.CreateBuilder<string, AutoMode>(StringComparer.Ordinal);
        foreach (var (key, value) in (node as YamlMappingNode ?? throw fields.Refusal(node, "'apps' has to be a map from app ids to settings")).Children)
        {
            var app = (key as YamlScalarNode)?.Value ?? "";
            if (!ReleaseAttribute.IsId(app)) throw fields.Refusal(key, $"'{Quote.Short(app)}' is no app id: letters, digits, and - or _ between them");
            if (value is not YamlMappingNode) throw fields.Refusal(value, $"the settings of an app are a map, as in '{app}: {{auto: check}}'");
            var settings = new YamlFields(FullName, value, "auto");
            if (settings.Node("auto") is not { } auto) continue;
            // to the YAML reader "a" with a tag is another key than "a" without
            if (!modes.TryAdd(app, AutoOf(settings, auto, $"auto of {app}"))) throw fields.Refusal(key, $"'{app}' is there twice");
        }

        return modes.ToImmutable();
    }

    private static AutoMode AutoOf(YamlFields fields, DocumentNode node, string key) => Word(node) switch
    {
        "heal" => AutoMode.Heal,
        "check" => AutoMode.Check,
        "off" => AutoMode.Off,
        _ => throw Wrong(fields, node, key, AutoWords),
    };

    private static TimeOnly? NightlyOf(YamlFields fields, DocumentNode node) =>
        Word(node) is "off" ? null
        : TimeOnly.TryParseExact(Word(node), ["HH:mm", "H:mm"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) ? time
        : throw Wrong(fields, node, "nightly", "a time of day from 00:00 to 23:59, or off");

    private static TimeSpan JitterOf(YamlFields fields, DocumentNode node) =>
        int.TryParse(Word(node), NumberStyles.None, CultureInfo.InvariantCulture, out var minutes) && minutes <= LongestJitterMinutes
            ? TimeSpan.FromMinutes(minutes)
            : throw Wrong(fields, node, "jitter", $"a number of minutes from 0 to {LongestJitterMinutes}");

    private ScrubBudget? ScrubOf(YamlFields fields, DocumentNode node, ScrubBudget usual)
    {
        if (Word(node) is "off") return null;
        if (node is not YamlMappingNode) throw Wrong(fields, node, "scrub", "a map, as in 'scrub: {rate: 20, minutes: 30}', or off");
        var settings = new YamlFields(FullName, node, "rate", "minutes");
        var rate = Number(settings, "rate", 1, HighestScrubRate, "megabytes per second") is { } megabytes ? megabytes * 1_000_000L : usual.BytesPerSecond;
        var length = Number(settings, "minutes", 0, MostScrubMinutes, "minutes a night") is { } minutes ? TimeSpan.FromMinutes(minutes) : usual.Length;
        return length == TimeSpan.Zero ? null : new(rate, length);
    }

    private static int? Number(YamlFields fields, string key, int least, int most, string unit) =>
        fields.Node(key) is not { } node ? null
        : int.TryParse(Word(node), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most ? number
        : throw Wrong(fields, node, key, $"a number of {unit} from {least} to {most}");

    private static string? MetricsOf(YamlFields fields, DocumentNode node) => Word(node) switch
    {
        "off" => null,
        { } folder when folder[0] == '/' && !folder.Any(char.IsControl) && !folder.Split('/').Contains("..", StringComparer.Ordinal) => folder,
        _ => throw Wrong(fields, node, "metrics", "a folder's path that begins with / and has no .., or off"),
    };

    /// <summary>As it is written, quoted or not: 02:00 and off are texts here, whatever other readers of YAML take them for.</summary>
    private static string? Word(DocumentNode node) => node is YamlScalarNode { Value: { Length: > 0 } word } ? word : null;

    /// <summary>A key whose value is commented out, or a file of nothing but comments.</summary>
    private static bool IsEmpty(DocumentNode node) => node is YamlScalarNode { Style: YamlDotNet.Core.ScalarStyle.Plain, Value: null or "" or "~" or "null" };

    private static SourceException Wrong(YamlFields fields, DocumentNode node, string key, string allowed) =>
        fields.Refusal(node, Word(node) is { } word ? $"'{key}' is {allowed}, not '{Quote.Short(word, 80)}'" : $"'{key}' is {allowed}");
}
