using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using AppPreflight.Docker;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Ports;

namespace AppPreflight.Fuzz;

/// <summary>What an engine answers, and what it reads out.</summary>
internal static class EngineTargets
{
    private const string Json = "{ } [ ] \" : , null true false -1 1e400 9223372036854775807 \\ud800 \\u0000 {} []";

    // what DockerHttp.GuardAsync turns into the one exception
    private static readonly Type[] Garbage = [typeof(JsonException), typeof(InvalidDataException), typeof(IOException), typeof(SourceException)];

    public static IEnumerable<FuzzTarget> All =>
    [
        new("pull-stream", Pull) { Words = Json + " \"id\" \"status\" \"progressDetail\" \"current\" \"total\" \"error\" \"errorDetail\" \"message\" \"Status: \" \"Downloading\" \"Pull complete\" \"Extracting\" \r\n", Allowed = Garbage },
        new("events", Events) { Words = Json + " \"Type\" \"Action\" \"Actor\" \"ID\" \"Attributes\" \"timeNano\" \"name\"", Allowed = Garbage },
        new("engine-answers", Answers) { Words = Json + " \"RootFS\" \"Layers\" \"RegistryConfig\" \"IndexConfigs\" \"Mirrors\" \"DriverStatus\" \"SecurityOptions\" \"Arch\" \"Labels\" \"Names\" \"Size\" \"RepoTags\" \"HttpProxy\" xxxxx:xxxxx@ 10.0.0.0/8" },
        new("sentence", Sentence) { Words = "open lstat readlink read / : checksum failed for \" sha256: failed to register layer: unexpected EOF 401 429 timeout dial tcp lookup x509: \u0000", Allowed = [] },
        new("export", Export) { Words = "manifest.json blobs/sha256/ layer.tar ../ [{\"Config\":\"a\",\"Layers\":[\"b\"]}] null 0000644", Allowed = Garbage, Mend = Tars.Resealed, Longest = 32 << 10, InTest = 1000 },
    ];

    private static void Pull(byte[] input)
    {
        var (whole, pieces) = (FaultOf(() => PullAll(new MemoryStream(input))), FaultOf(() => PullAll(new Dribble(input))));
        Hold.Equal(pieces?.GetType(), whole?.GetType(), "read in pieces against whole");
        if (whole is not null) throw whole;
    }

    private static void PullAll(Stream stream) => PullReader.ReadAsync(stream, "a:1", new Watching(), CancellationToken.None).GetAwaiter().GetResult();

    private static Exception? FaultOf(Action act)
    {
        try
        {
            act();
            return null;
        }
        catch (Exception fault) when (fault is not BrokenPropertyException)
        {
            return fault;
        }
    }

    private static void Events(byte[] input) => Drain(JsonLines.ReadAsync(new Dribble(input), DockerJson.Default.EventLine, CancellationToken.None)).GetAwaiter().GetResult();

    private static async Task Drain(IAsyncEnumerable<EventLine> lines)
    {
        await foreach (var line in lines)
        {
            if (EngineEvents.Translate(line) is { } happened) Hold.True(happened.Type.Length >= 0 && happened.Subject is not null, "an event has its words");
        }
    }

    private static void Answers(byte[] input)
    {
        var images = Read(input, DockerJson.Default.ImageLines);
        foreach (var line in images?.OfType<ImageLine>() ?? []) Hold.True(EngineReading.Listed(Digest.Of([]), line).SizeBytes >= 0, "sizes are not negative");
        foreach (var line in Read(input, DockerJson.Default.ContainerLines)?.OfType<ContainerLine>() ?? []) EngineReading.Use(line);
        if (Read(input, DockerJson.Default.ImageAnswer) is { } image) EngineReading.Image(Digest.Of([]), new(null, null, null, 0), image);
        Read(input, DockerJson.Default.RemovalLines);
        if (Read(input, DockerJson.Default.InfoAnswer) is not { } info) return;
        var state = EngineReading.State(info, Read(input, DockerJson.Default.VersionAnswer) ?? new("1", null, null), true, null, []);
        _ = new Registry.InsecureRule(state.Network);
        _ = new Registry.EngineProxy(state.Network).GetProxy(new("https://a.b/"));
    }

    private static T? Read<T>(byte[] input, JsonTypeInfo<T> type) where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(input, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static void Sentence(byte[] input)
    {
        var text = Encoding.UTF8.GetString(input);
        var clean = DockerErrors.Clean(text);
        Hold.Equal(DockerErrors.Clean(clean), clean, "cleaned twice");
        Hold.True(!clean.Any(char.IsControl), "no control character is left");
        Hold.True(PullReader.Refused("a:1", text).Message.Length < 2000, "a sentence is short");
        PullFailure.Classify(clean);
        foreach (var status in new[] { HttpStatusCode.NotFound, HttpStatusCode.InternalServerError, HttpStatusCode.BadRequest })
        {
            DockerErrors.OfExport("a:1", status, clean);
            DockerErrors.OfStatus(status, clean, "act");
        }
    }

    private static void Export(byte[] input)
    {
        using var archive = new BoundedStream(new Dribble(input), long.MaxValue);
        var reader = new ExportReader(archive, null);
        try
        {
            var content = reader.ReadAsync(CancellationToken.None).GetAwaiter().GetResult().Content([new(Digest.Of("one"u8))]);
            Hold.True(content.Fault is not null || content.Config is not null, "a content has a configuration, or a fault");
        }
        finally
        {
            _ = reader.LastWords;
        }
    }

    private sealed class Watching : IProgress<PullProgress>
    {
        public void Report(PullProgress value) => Hold.True(value.DoneBytes >= 0 && value.DoneBytes <= value.TotalBytes, $"progress of {value.DoneBytes} in {value.TotalBytes}");
    }
}
