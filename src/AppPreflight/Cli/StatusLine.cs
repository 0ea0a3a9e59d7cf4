using AppPreflight.Apps;
using AppPreflight.Checks;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Runs;

namespace AppPreflight.Cli;

/// <summary>What the first screen knows of one app: what is installed now, and what the last run found.</summary>
/// <param name="Installed">The version installed now; null when nobody could say.</param>
internal sealed record StatusLine(string App, string? Installed, PreflightReport? Report)
{
    private const int LongestReason = 200;

    /// <summary>The last report, where it is about the version that is installed now.</summary>
    public PreflightReport? Fresh => IsOutdated ? null : Report;

    public AppState State => Fresh?.State ?? AppState.Unknown;

    public Verdict Verdict => Fresh?.Verdict ?? Verdict.Unknown;

    /// <summary>Since when the word has held; null where it is not known.</summary>
    public DateTimeOffset? Since => Fresh?.Since ?? Fresh?.Finished;

    /// <summary>"1.10.3 -> 3.1.1"; the target is not known before somebody looked.</summary>
    public string Way => (Installed ?? "(not installed)") + (Fresh is null ? " -> ?" : Fresh.Target is { } target ? $" -> {target}" : "");

    /// <summary>What to type next; null when there is nothing to do.</summary>
    public string? Next => this switch
    {
        { Fresh: null } => $"app-preflight check {App}",
        { State: AppState.Ready or AppState.Healed } => null,
        { Fresh.Findings.Count: 0 } => $"app-preflight check {App}{(Fresh.Depth == Depth.Content ? " --content" : "")}",
        _ => $"app-preflight status {App}",
    };

    private bool IsOutdated => Report?.IsAbout(Installed) == false;

    /// <param name="installed">Null when it is not known what is installed: then the apps with a report are all there are to show.</param>
    public static IReadOnlyList<StatusLine> Of(IReadOnlyList<InstalledApp>? installed, IReadOnlyList<PreflightReport> reports)
    {
        if (installed is null) return [.. reports.Select(report => new StatusLine(report.App, report.Installed, report))];
        var last = reports.ToDictionary(report => report.App, StringComparer.Ordinal);
        return [.. installed.Select(app => new StatusLine(app.Id, Version(app, last.GetValueOrDefault(app.Id)), last.GetValueOrDefault(app.Id)))];
    }

    /// <summary>One reason for the word, on one line.</summary>
    public string Reason(DateTimeOffset now)
    {
        if (Report is null) return "not checked yet";
        var age = Amounts.Age(now - Report.Finished);
        if (IsOutdated) return $"not checked since {Report.Installed} became {Installed} (last {age})";
        return State switch
        {
            AppState.Healed => $"cured {age} ({Report.Depth.Wire()}): {Codes(Report.Cured)}",
            AppState.Ready when Worst is { Verdict: Verdict.Warn } warning => $"warning, checked {age} ({Report.Depth.Wire()}): {Said(warning)}",
            AppState.Ready when Report.Chain.Count == 0 => $"nothing newer on offer, checked {age}",
            // only bytes that were read prove anything
            AppState.Ready => $"{(Report.Depth == Depth.Content ? "proved" : "checked")} {age} ({Report.Depth.Wire()})",
            _ => Worst is { } worst ? Said(worst) + More : $"not all of it could be looked at, {age}",
        };
    }

    private Finding? Worst => Report?.Findings.FirstOrDefault(finding => finding.Verdict == Report.Verdict && finding.Verdict != Verdict.Pass);

    private string More => Report!.Findings.Count(finding => finding.Verdict != Verdict.Pass) is var count and > 1 ? $" (and {Amounts.Count(count - 1, "more finding")})" : "";

    private static string? Version(InstalledApp app, PreflightReport? report) => app.Version.Length > 0 ? app.Version : report?.Installed;

    // who is to blame says more than what was seen, unless it is this host itself: then the finding names the file
    private static string Said(Finding finding) =>
        Quote.Short((finding.Cause is { Culprit: Culprit.Registry or Culprit.Transport or Culprit.Unstable or Culprit.Cut or Culprit.Engine } cause ? FirstSentence(cause.Sentence) : finding.Message).TrimEnd('.'), LongestReason);

    private static string FirstSentence(string text) => text.IndexOf(". ", StringComparison.Ordinal) is var end and > 0 ? text[..end] : text;

    private static string Codes(IReadOnlyList<Finding> findings) =>
        string.Join(", ", findings.Select(finding => finding.Code.Wire()).Distinct(StringComparer.Ordinal));
}
