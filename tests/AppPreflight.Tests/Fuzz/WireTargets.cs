using AppPreflight.Control;
using AppPreflight.Journal;
using AppPreflight.Oci;
using AppPreflight.Reader;
using AppPreflight.Registry;
using AppPreflight.Runs;

namespace AppPreflight.Fuzz;

/// <summary>What this program writes for itself and its own clients, and reads back.</summary>
internal static class WireTargets
{
    private const string Json = "{ } [ ] \" : , null true false -1 0 1e400 2147483648 9223372036854775807 \\ud800 \\u0000 {} [] \"2026-11-21T12:00:00Z\" \"0001-01-01T00:00:00+14:00\" \"9999-12-31T23:59:59.9999999-14:00\" sha256: check repair gate";
    private const string Report = Json + " \"schema\" \"findings\" \"cured\" \"actions\" \"images\" \"chain\" \"stored\" \"served\" \"proof\" \"files\" \"bytes\" \"notes\" \"verdict\" \"fail\" \"unknown\" \"code\" \"look\" \"second\" \"pulls\" \"kind\" tag-moved layer-store content";
    private static readonly Scratch Files = new();

    public static IEnumerable<FuzzTarget> All =>
    [
        new("control-request", Request) { Words = Json + " \"type\" \"status\" \"run\" \"cancel\" \"verb\" \"app\" \"target\" \"depth\" \"content\"" },
        new("control-answer", Answer) { Words = Report + " \"type\" \"event\" \"status\" \"refused\" \"report\" \"holder\" \"processId\" \"queue\" \"scrub\" \"engine\" \"installed\" \"secondsPerNight\" \"bytesPerSecond\"" },
        new("reader-request", ReaderRequestOf) { Words = Json + " \"schema\" \"engine\" \"images\" \"pace\" \"only\" \"dataRoot\" \"driver\" \"diffIds\" \"platform\" \"bytesPerSecond\"" },
        new("reader-answer", ReaderAnswerOf) { Words = Json + " \"type\" \"layer\" \"progress\" \"contents\" \"obstacle\" \"fault\" \"message\" \"damages\" \"moreDamages\" \"way\" \"kind\" \"path\" \"observed\" corrupt missing layer-store" },
        new("journal", Journal) { Words = Json + " \"mark\" \"intent\" \"outcome\" \"run\" \"act\" \"at\" \"kind\" \"pull\" \"purge\" \"done\" \"subject\" \"verb\" \"processId\" \"started\"", Allowed = [] },
        new("journal-file", JournalFileOf) { Corpus = "journal", Words = Json + " \"mark\" \"intent\" \"outcome\" \"act\"", Allowed = [], InTest = 500 },
        new("proofs", Proofs) { Words = Json + " \"layers\" \"chainId\" \"at\" \"sound\" \"way\" \"medium\" \"sizeBytes\" \"stamp\"" },
        new("tags", Tags) { Words = Json + " \"tags\" \"reference\" \"platform\" \"states\" \"root\" \"manifest\" \"config\" \"diffIds\" \"firstSeen\" \"lastSeen\"" },
        new("report", ReportOf) { Words = Report },
        new("docker-config", DockerConfig) { Words = Json + " \"auths\" \"auth\" \"username\" \"password\" \"credsStore\" \"credHelpers\" dTpw \"https://index.docker.io/v1/\" :// =", Allowed = [], InTest = 1000 },
    ];

    private static void Request(byte[] input)
    {
        var request = ControlRequest.Read(input);
        Hold.Equal(ControlRequest.Read(request.Line[..^1]), request, "a request read again");
    }

    // as ControlClient takes them apart
    private static void Answer(byte[] input) => OciJson.Read(input, "the answer", 64 << 20, static root =>
    {
        switch (root.Text("type"))
        {
            case "event":
                if (EventJson.Read(root) is { } happened) Twice(happened, one => ControlJson.Events([one]), json => EventJson.Read(json)!);
                break;
            case "status":
                if (root.Find("status") is { } status) Twice(AgentStatusJson.Read(status), ControlJson.Status, json => AgentStatusJson.Read(json.GetProperty("status")));
                break;
            case "report":
                if (root.Find("report") is { } report) Twice(ReportJson.Read(report), ControlJson.Report, json => ReportJson.Read(json.GetProperty("report")));
                break;
            case "refused":
                if (root.Find("holder") is { } holder) Twice(AgentStatusJson.Holder(holder), one => ControlJson.Refused(RefusalCode.LockHeld, "", one), json => AgentStatusJson.Holder(json.GetProperty("holder")));
                break;
        }

        return "";
    });

    private static void Twice<T>(T value, Func<T, ReadOnlyMemory<byte>> write, Func<System.Text.Json.JsonElement, T> read)
    {
        var written = write(value);
        T again;
        try
        {
            again = OciJson.Read(written[..^1], "it", 256 << 20, read);
        }
        catch (FormatException e)
        {
            throw new BrokenPropertyException($"what was written is refused: {e.Message}");
        }

        Hold.Same(write(again).Span, written.Span, "written again");
    }

    private static void ReaderRequestOf(byte[] input)
    {
        var request = ReaderRequest.Read(input);
        var line = request.Line;
        Hold.Same(ReaderRequest.Read(line[..^1]).Line.Span, line.Span, "a request written again");
        Hold.True(request.Chains.Count <= request.Images.Sum(image => image.DiffIds.Count), "no more chains than layers");
    }

    private static void ReaderAnswerOf(byte[] input)
    {
        var answer = ReaderJson.Read(input);
        var line = answer switch
        {
            ReaderProgress progress => ReaderJson.Progress(progress.Bytes),
            ReaderLayer layer => ReaderJson.Layer(layer.Layer, layer.IsFinished),
            ReaderObstacle obstacle => ReaderJson.Obstacle(obstacle.Fault),
            _ => default,
        };
        if (line.IsEmpty) return;
        var again = ReaderJson.Read(line[..^1]) switch
        {
            ReaderProgress progress => ReaderJson.Progress(progress.Bytes),
            ReaderLayer layer => ReaderJson.Layer(layer.Layer, layer.IsFinished),
            ReaderObstacle obstacle => ReaderJson.Obstacle(obstacle.Fault),
            _ => default,
        };
        Hold.Same(again.Span, line.Span, "an answer written again");
    }

    private static void Journal(byte[] input)
    {
        if (JournalJson.ReadLine(input) is { } line) Hold.Equal(JournalJson.ReadLine(JournalJson.Write(line)), line, "a line read again");
        if (JournalJson.ReadHolder(input) is { } holder) Hold.Equal(JournalJson.ReadHolder(JournalJson.Write(holder)), holder, "a holder read again");
    }

    private static void JournalFileOf(byte[] input)
    {
        Files.Write("state/journal.jsonl", input);
        var journal = new JournalFile(new StateFolder(Files.At("state")), _ => { });
        var open = journal.Unfinished();
        Hold.True(open.Count <= input.Count(one => one == '\n'), "no more intents than lines");
    }

    private static void Proofs(byte[] input)
    {
        var notes = ProofJson.Read(input);
        var written = ProofJson.Write(notes);
        Hold.True(ProofJson.Read(written).SequenceEqual(notes), "notes read again");
    }

    private static void Tags(byte[] input)
    {
        var written = TagJson.Write(TagJson.Read(input));
        Hold.Same(TagJson.Write(TagJson.Read(written)), written, "tags written again");
    }

    private static void ReportOf(byte[] input)
    {
        var written = ReportJson.Write(ReportJson.Read(input));
        Hold.Same(ReportJson.Write(ReportJson.Read(written)), written, "a report written again");
    }

    private static void DockerConfig(byte[] input)
    {
        Files.Write("docker/config.json", input);
        var file = DockerConfigFile.Read(new() { DockerConfigFolder = Files.At("docker") });
        Hold.True(file.Complaint is null || (file.Find("docker.io") is null && !file.IsKeptByHelper("gcr.io")), "what can't be used holds no login");
    }
}
