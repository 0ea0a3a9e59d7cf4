using System.Buffers;
using System.Text;
using System.Text.Json;
using AppPreflight.Checks;
using AppPreflight.Images;
using AppPreflight.Ports;
using AppPreflight.Runs;

namespace AppPreflight.Cli;

/// <summary><c>status</c>: reads the state directory and nothing else; asks neither engine nor network, waits for nobody.</summary>
internal sealed class StatusCommand(IJournal journal, Settings settings, Terminal terminal)
{
    /// <summary>The JSON form's name: docs/formats.md.</summary>
    public const string SchemaName = "app-preflight/status/1";

    public int Run(string? app)
    {
        var holder = journal.Holder;
        var reports = journal.LastReports(out var broken).Where(report => app is null || report.App == app).ToList();
        foreach (var sentence in broken) terminal.Complain(sentence);
        terminal.Output.Write(settings.Json ? Json(reports, holder) : Text(reports, holder, isOne: app is not null));
        if (reports.Count == 0) terminal.Complain(Nothing(app));
        return ExitCode.Of(reports.Select(report => report.Verdict).Worst);
    }

    private string Nothing(string? app) => app is null
        ? $"no run has left a report in {settings.State} yet; run app-preflight check --all"
        : $"no run has left a report on {app} in {settings.State} yet; run app-preflight check {app}";

    private string Text(List<PreflightReport> reports, RunHolder? holder, bool isOne)
    {
        var page = new Page(terminal.UsesColours(settings));
        var now = terminal.Time.GetUtcNow();
        foreach (var report in reports)
        {
            Write(page, report, now);
            if (isOne) new FindingText(page, report, settings.Verbose).Write();
        }

        if (holder is not null) page.Line($"{HolderText.Of(holder, now)}");
        return page.ToString();
    }

    private static void Write(Page page, PreflightReport report, DateTimeOffset now)
    {
        var way = report.Target is { } target ? $"{report.Installed ?? "(not installed)"} -> {target}" : report.Installed ?? "(not installed)";
        page.Marked(report.Verdict, $"{report.App}  {way}");
        page.Line($"{report.Verdict.Wire()} at depth {report.Depth.Wire()}, checked {Amounts.Age(now - report.Finished)}{Codes(report)}", indent: 6);
        if (ExitCode.Of(report.Verdict) != ExitCode.Pass) page.Line($"-> app-preflight check {report.App}{(report.Depth == Depth.Content ? " --content" : "")}", indent: 6, tone: Tone.Bold);
    }

    private static string Codes(PreflightReport report)
    {
        var codes = report.Findings.Where(finding => finding.Verdict != Verdict.Pass).Select(finding => finding.Code.Wire()).Distinct(StringComparer.Ordinal).ToList();
        return codes.Count == 0 ? "" : ": " + string.Join(", ", codes);
    }

    private static string Json(List<PreflightReport> reports, RunHolder? holder)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, ReportJson.Layout))
        {
            writer.WriteStartObject();
            writer.WriteString("schema", SchemaName);
            writer.WritePropertyName("running");
            Write(writer, holder);
            writer.WriteStartArray("reports");
            foreach (var report in reports) ReportJson.Write(report, writer);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan) + "\n";
    }

    private static void Write(Utf8JsonWriter writer, RunHolder? holder)
    {
        if (holder is null)
        {
            writer.WriteNullValue();
            return;
        }

        writer.WriteStartObject();
        writer.WriteString("run", holder.Run);
        writer.WriteNumber("processId", holder.ProcessId);
        writer.WriteString("verb", holder.Verb.Wire());
        writer.WriteString("app", holder.App);
        writer.WriteString("started", holder.Started.UtcDateTime);
        writer.WriteEndObject();
    }
}
