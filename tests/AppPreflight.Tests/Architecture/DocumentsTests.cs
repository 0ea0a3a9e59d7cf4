using System.Text.Json;
using System.Text.RegularExpressions;
using AppPreflight.Checks;
using AppPreflight.Cli;
using AppPreflight.Control;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Pairs;
using AppPreflight.Runs;
using NUnit.Framework;
using Damages = AppPreflight.Rehearsal.Damages;

namespace AppPreflight.Architecture;

/// <summary>What is written for people keeps up with what the program says.</summary>
internal sealed partial class DocumentsTests
{
    [Test]
    public void Explains_every_finding_code_once_and_no_other()
    {
        var written = FindingRow().Matches(Read("docs/findings.md")).Select(match => match.Groups["code"].Value);
        Assert.That(written, Is.EqualTo(Enum.GetValues<FindingCode>().Select(code => code.Wire())), "docs/findings.md, in the order of FindingCode");
    }

    [Test]
    public void Gives_every_finding_a_meaning_and_a_next_step()
    {
        foreach (var row in FindingRow().Matches(Read("docs/findings.md")).Select(match => match.Value.Split('|', StringSplitOptions.TrimEntries)))
        {
            Assert.That(row, Has.Length.EqualTo(6), row[1]);
            Assert.That(row[2], Does.Match("^(fail|unknown|warn|pass)(, (fail|unknown|warn|pass))*$"), row[1]);
            Assert.That(row[3], Does.EndWith("."), row[1]);
            Assert.That(row[4], Is.Not.Empty, row[1]);
        }
    }

    [Test]
    public void Names_for_every_code_damages_that_produce_it()
    {
        var written = CodeLine().Matches(Read("docs/findings.md"))
            .ToDictionary(line => line.Groups["code"].Value, line => line.Groups["damages"].Value.Split(", ").Select(name => name.Trim('`')).ToList(), StringComparer.Ordinal);
        Assert.That(written.Keys, Is.EquivalentTo(Damages.All.SelectMany(damage => damage.Codes).Distinct(StringComparer.Ordinal)));
        // 3.1.1 was never pulled, so nearly every damage comes with an absent image
        foreach (var (code, names) in written.Where(line => line.Key != "image-absent"))
            Assert.That(names, Is.EquivalentTo(Damages.All.Where(damage => damage.Codes.Contains(code, StringComparer.Ordinal)).Select(damage => damage.Name)), code);
    }

    [Test]
    public void Names_every_field_of_the_report()
    {
        var document = Read("docs/formats.md");
        using var report = JsonDocument.Parse(ReportJson.Write(Samples.InUse with { Cured = Samples.Repaired.Cured }));
        Assert.That(FieldsOf(report.RootElement).Distinct().Where(field => !document.Contains($"`{field}`") && !document.Contains($".{field}`") && !document.Contains($"`{field}[]`")), Is.Empty);
    }

    [Test]
    public void Names_every_field_of_a_comparison()
    {
        var document = Read("docs/formats.md");
        document = document[document.IndexOf("`app-preflight/comparison/1`", StringComparison.Ordinal)..];
        var (a, b) = (Forms.Image("ae"), Forms.Image("ab", config: "other").With(("config.Labels.x", "1")).Made(new HistoryEntry("RUN make", false)));
        var comparison = new ImageComparison(a, b)
        {
            Grade = TagGrade.Differ,
            Layers = LayerPairs.Of(a, b),
            Fields = FieldPairs.Of(a, b),
            History = HistoryPairs.Of(a, b),
            Files = [new("x", FileChange.Changed, 1, 1, ["mode"])],
        };
        using var json = JsonDocument.Parse(ComparisonJson.Write(comparison));
        Assert.That(FieldsOf(json.RootElement).Distinct().Where(field => !document.Contains($"`{field}`") && !document.Contains($".{field}`") && !document.Contains($"`{field}[]`")), Is.Empty);
        foreach (var change in Enum.GetValues<LayerChange>()) Assert.That(document, Does.Contain($"`{change.Wire()}`"));
    }

    [Test]
    public void Names_every_field_of_the_memory_of_tags()
    {
        var document = Read("docs/formats.md");
        document = document[document.IndexOf("### The memory of tags", StringComparison.Ordinal)..];
        document = document[..document.IndexOf("\n## ", StringComparison.Ordinal)];
        using var memory = JsonDocument.Parse(TagJson.Write([TagNote.Of(ImageReference.Parse(Values.Name), Values.Served(), new("linux", "amd64"), Samples.Noon)!]));
        Assert.That(FieldsOf(memory.RootElement).Distinct().Where(field => !document.Contains($"`{field}`") && !document.Contains($".{field}`") && !document.Contains($".{field}[]`") && !document.Contains($"`{field}[]")), Is.Empty);
        foreach (var most in new[] { TagJson.MostTags, TagNote.MostStates, TagNote.MostLayers, TagJson.MaxBytes >> 20, RetagCheck.Told.Days })
            Assert.That(document, Does.Contain($" {most} "));
    }

    [Test]
    public void Names_every_field_and_code_of_the_control_socket()
    {
        var document = Read("docs/formats.md");
        document = document[document.IndexOf($"`{ControlJson.SchemaName}`", StringComparison.Ordinal)..];
        var status = new AgentStatus
        {
            Version = "",
            ProcessId = 1,
            Started = Samples.Noon,
            Engine = new(true, "", Samples.Noon),
            Queue = [new(RunVerb.Check, "", null, "")],
            Installed = [new("", "")],
            Scrub = new() { Budget = new(1, TimeSpan.FromMinutes(1)), Apps = [new("", 1, 1, 0, null)] },
        };
        ReadOnlyMemory<byte>[] lines =
        [
            ControlJson.Hello(new("", "", ""), "", Access.Run), ControlJson.Status(status), ControlJson.Cancelled("", true), ControlJson.Refused(RefusalCode.LockHeld, ""),
            new RunAsked(new(RunVerb.Check, "")).Line, new CancelAsked(null).Line,
            .. new RunEvent[] { new RunStarted(""), new PhaseStarted(""), new BytesMoved("", "", 1, 1), new ActionEnded(default, "", default, null), new Noted("") }.Select(one => ControlJson.Events([one])),
        ];
        var fields = lines.SelectMany(line => FieldsOf(JsonDocument.Parse(line).RootElement)).Distinct().Where(field => field != "type");
        Assert.That(fields.Where(field => !document.Contains($"`{field}`") && !document.Contains($"`{field}[]`")), Is.Empty);
        Assert.That(Enum.GetValues<RefusalCode>().Select(code => code.Wire()).Where(code => !document.Contains($"\n| `{code}` | ")), Is.Empty);
    }

    [Test]
    public void Names_every_exit_code()
    {
        foreach (var code in new[] { ExitCode.Pass, ExitCode.Fail, ExitCode.CouldNotTell, ExitCode.LockHeld, ExitCode.WrongUsage, ExitCode.Bug })
        {
            Assert.That(Read("docs/formats.md"), Does.Contain($"\n| {code} | "));
            Assert.That(Read("packaging/man/app-preflight.1.scd"), Does.Contain($"\n*{code}*\n"));
        }
    }

    [Test]
    public void Has_every_command_and_option_in_the_manual()
    {
        var manual = Read("packaging/man/app-preflight.1.scd");
        var stage = new Stage();
        foreach (var command in new[] { "status", "chain", "check", "repair", "gate", "verify", "compare", "report", "agent" })
        {
            stage.Output.GetStringBuilder().Clear();
            stage.Run(command, "--help");
            Assert.That(manual, Does.Contain($"*{command}*"), command);
            foreach (Match option in LongOption().Matches(stage.Output.ToString())) Assert.That(manual, Does.Contain($"*{option.Value}*"));
        }
    }

    private static IEnumerable<string> FieldsOf(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(field => FieldsOf(field.Value).Prepend(field.Name)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(FieldsOf),
        _ => [],
    };

    private static string Read(string path)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "AppPreflight.sln"))) folder = folder.Parent!;
        return File.ReadAllText(Path.Combine(folder.FullName, path));
    }

    [GeneratedRegex("^- `(?<code>[a-z-]+)`: (?<damages>`[a-z-]+`(, `[a-z-]+`)*)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex CodeLine();

    [GeneratedRegex(@"^\| `(?<code>[a-z-]+)` \|.*$", RegexOptions.Multiline | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex FindingRow();

    [GeneratedRegex(@"(?<=^  |, )--[a-z]+", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex LongOption();
}
