using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace AppPreflight.Packaging;

/// <summary>A tree with the stand-in for the App Center (tests/standin) and packaging/univention in it, and scenarios run in it, each in a fresh Python process.</summary>
internal sealed class UniventionStage : IDisposable
{
    public const string Python = "/usr/bin/python3";
    private const int Patience = 60_000;
    private readonly JsonArray replies = [];

    public UniventionStage()
    {
        Copy(Path.Combine(Repository, "tests/standin/dist-packages"), Modules);
        Copy(Sources, Share);
        File.Copy(Path.Combine(Share, "actions/app_preflight.py"), Path.Combine(Actions, "app_preflight.py"));
        File.Copy(Path.Combine(Share, "diagnostic/90_app_preflight.py"), Path.Combine(Plugins, "90_app_preflight.py"));
        Copy(Path.Combine(Share, "app_preflight_gate"), Helper);
        Directory.CreateDirectory(RunFolder);
        Directory.CreateDirectory(Path.GetDirectoryName(Program)!);
        File.Copy(Path.Combine(Repository, "tests/standin/app-preflight"), Program);
    }

    public static string Repository { get; } = FindRepository();
    public static string Sources { get; } = Path.Combine(Repository, "packaging/univention");

    public string Root { get; } = Directory.CreateTempSubdirectory("app-preflight-univention-").FullName;
    public string Modules => Path.Combine(Root, "usr/lib/python3/dist-packages");
    public string Actions => Path.Combine(Modules, "univention/appcenter/actions");
    public string Plugins => Path.Combine(Modules, "univention/management/console/modules/diagnostic/plugins");
    public string Helper => Path.Combine(Modules, "app_preflight_gate");
    public string Share => Path.Combine(Root, "usr/share/app-preflight/univention");
    public string Program => Path.Combine(Root, "bin/app-preflight");
    public string RunFolder => Path.Combine(Root, "apps");
    public JsonObject Ucr { get; } = [];
    public Dictionary<string, string> Environment { get; } = [];

    private string CallsFile => Path.Combine(Root, "calls");

    /// <summary>The calls of the fake program: arguments, joined by a space.</summary>
    public IReadOnlyList<string> Calls =>
        [.. CallLines.Select(line => string.Join(' ', JsonNode.Parse(line)!["argv"]!.AsArray().Select(word => (string?)word)))];

    public string CallsText => string.Join('\n', CallLines);

    private string[] CallLines => File.Exists(CallsFile) ? File.ReadAllLines(CallsFile) : [];

    /// <summary>Process ids of the fake program and of the grandchild it started, if any.</summary>
    public IEnumerable<int> ProcessesStarted
    {
        get
        {
            foreach (var line in CallLines) yield return (int)JsonNode.Parse(line)!["pid"]!;
            if (File.Exists(CallsFile + ".grandchild"))
                yield return int.Parse(File.ReadAllText(CallsFile + ".grandchild"), System.Globalization.CultureInfo.InvariantCulture);
        }
    }

    /// <summary>Adds a reply of the fake program: one a call, the last one for ever.</summary>
    public UniventionStage Reply(int code, string output = "", string error = "", JsonObject? more = null)
    {
        var reply = more ?? [];
        reply["code"] = code;
        reply["stdout"] = output;
        reply["stderr"] = error;
        replies.Add((JsonNode)reply);
        return this;
    }

    public UniventionStage Reply(int code, JsonObject report) => Reply(code, report.ToJsonString());

    /// <summary>Runs an action for one app, Kelvin 2.0.0 unless said otherwise.</summary>
    public UniventionOutcome Upgrade(JsonObject? app = null, JsonObject? more = null) => Act("upgrade", [app ?? UniventionReports.Kelvin()], more);

    public UniventionOutcome Act(string action, JsonArray apps, JsonObject? more = null)
    {
        var scenario = more ?? [];
        scenario["action"] = action;
        scenario["apps"] = apps;
        scenario["runFolder"] = RunFolder;
        return new(Run(scenario));
    }

    public JsonElement Diagnose(string? action = null) => Run(new() { ["diagnostic"] = action });

    public JsonElement Run(JsonObject scenario)
    {
        scenario["fallback"] ??= File.Exists(Helper + "/child.py") ? "/nonexistent/app-preflight" : null;
        if (scenario["fallback"] is null) scenario.Remove("fallback");
        var file = Path.Combine(Root, "scenario.json");
        File.WriteAllText(file, scenario.ToJsonString());
        var (code, output, error) = Execute(Python, [Path.Combine(Repository, "tests/standin/scenario.py"), file]);
        if (code != 0) throw new InvalidOperationException($"the scenario ended with {code}: {error}");
        return JsonDocument.Parse(output).RootElement;
    }

    public (int Code, string Output, string Error) Execute(string program, IEnumerable<string> arguments)
    {
        File.WriteAllText(Path.Combine(Root, "replies.json"), replies.ToJsonString());
        File.WriteAllText(Path.Combine(Root, "ucr.json"), Ucr.ToJsonString());
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, UseShellExecute = false };
        start.Environment["PATH"] = $"{Path.GetDirectoryName(Program)}:/usr/bin:/bin";
        start.Environment["PYTHONPATH"] = Modules;
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        start.Environment["FAKE_CALLS"] = CallsFile;
        start.Environment["FAKE_REPLIES"] = Path.Combine(Root, "replies.json");
        start.Environment["STANDIN_UCR"] = Path.Combine(Root, "ucr.json");
        foreach (var (name, value) in Environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync(CancellationToken.None);
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        if (!process.WaitForExit(Patience))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} did not end");
        }
        return (process.ExitCode, output.GetAwaiter().GetResult(), error.GetAwaiter().GetResult());
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var folder in Directory.EnumerateDirectories(from).Where(folder => Path.GetFileName(folder) != "__pycache__"))
            Copy(folder, Path.Combine(to, Path.GetFileName(folder)));
        foreach (var file in Directory.EnumerateFiles(from)) File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
    }

    private static string FindRepository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "AppPreflight.sln"))) folder = folder.Parent!;
        return folder.FullName;
    }
}

/// <summary>What came of an action in the stand-in.</summary>
internal sealed class UniventionOutcome(JsonElement root)
{
    public string Text => root.GetRawText();

    /// <summary>What the App Center did: "EVENT APP", and for the image step whether it pulls and whether a backup of the run file was there.</summary>
    public IReadOnlyList<string> Trace => [.. root.GetProperty("trace").EnumerateArray().Select(Line)];

    public bool? Result => root.GetProperty("result").ValueKind is JsonValueKind.Null ? null : root.GetProperty("result").GetBoolean();

    public string? Raised => root.GetProperty("raised").GetString();

    public double Seconds => root.GetProperty("seconds").GetDouble();

    /// <summary>args.pull_image when all is over.</summary>
    public bool? PullImage => root.GetProperty("pullImage").ValueKind is JsonValueKind.Null ? null : root.GetProperty("pullImage").GetBoolean();

    public IReadOnlyList<string> Information => Told("INFO");

    public IReadOnlyList<string> Warnings => Told("WARNING");

    public IReadOnlyList<string> Fatal => Told("CRITICAL");

    /// <summary>Modules whose do_it_once is called for an action, in that order.</summary>
    public IReadOnlyList<string> Line(string action) =>
        [.. root.GetProperty("actions").GetProperty(action).EnumerateArray().Select(module => module.GetString()!)];

    public IReadOnlyList<string> ActionNames => [.. root.GetProperty("actions").EnumerateObject().Select(action => action.Name)];

    private IReadOnlyList<string> Told(string level) =>
        [.. root.GetProperty("log").EnumerateArray().Where(record => record.GetProperty("level").GetString() == level).Select(record => record.GetProperty("text").GetString()!)];

    private static string Line(JsonElement entry)
    {
        var text = $"{entry.GetProperty("event").GetString()} {entry.GetProperty("app").GetString()}";
        return entry.TryGetProperty("pull", out var pull)
            ? $"{text}{(pull.GetBoolean() ? ", pulls" : "")}{(entry.GetProperty("backup").GetBoolean() ? ", has backup" : "")}"
            : text;
    }
}
