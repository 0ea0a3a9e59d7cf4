using System.Globalization;
using AppPreflight.Images;

namespace AppPreflight.Checks;

/// <summary>A tag that was pushed again since an earlier run, whether or not this host holds anything of it.</summary>
public static class RetagCheck
{
    /// <summary>A move is told that long, so that whoever looks on Monday, or after a holiday, still sees it.</summary>
    public static readonly TimeSpan Told = TimeSpan.FromDays(14);

    /// <param name="stored">What was found about the stored copy: where that tells a moved tag, the history is its, and nothing is told twice.</param>
    /// <param name="tag">What earlier runs and this one saw; null where there is nothing to remember.</param>
    public static IEnumerable<Finding> Join(IEnumerable<Finding> stored, TagNote? tag, DateTimeOffset now)
    {
        var findings = stored.ToList();
        if (tag?.LastMove is not { } move || (now - move.After.First).Duration() >= Told) return findings;
        var index = findings.FindIndex(finding => finding.Code == FindingCode.TagMoved);
        if (index < 0) return [.. findings, OfTag(tag, move)];
        var told = findings[index];
        findings[index] = told with
        {
            Message = $"{told.Message}; pushed again {When(move)}, {History(move)}",
            Cause = told.Cause is { } cause ? cause with { Evidence = [.. cause.Evidence, .. Evidence(tag)] } : null,
        };
        return findings;
    }

    /// <summary>Whether it is about what the registry did to the tag, and nothing here has to be healed of it.</summary>
    public static bool IsHistory(Finding finding) => finding is { Code: FindingCode.TagMoved, Source: Source.Registry };

    private static Finding OfTag(TagNote tag, TagMove move)
    {
        var grade = RetagGrade.Of(move.Before.Marks, move.After.Marks);
        var words = RetagGrade.Words(move.Before.Marks, move.After.Marks);
        var what = grade switch
        {
            null => $"another build, {words}",
            // the files are the same; what is started in them the configuration says
            TagGrade.SameLayers => $"{words}: the same contents, perhaps started otherwise",
            _ => $"{words}, so the contents are the same",
        };
        return new(FindingCode.TagMoved, Verdict.Warn, tag.Reference.ToString(), Source.Registry,
            $"This tag was pushed again {When(move)}: {what}; {History(move)}")
        {
            Expected = move.Before.Root.ToString(),
            Observed = move.After.Root.ToString(),
            Grade = grade,
            Remedy = grade is null or TagGrade.SameLayers ? $"app-preflight compare {tag.Reference.At(move.Before.Root)} {tag.Reference}" : null,
            Cause = new(Culprit.Retag, Confidence.Proven, "Somebody pushed under this name again; that alone damages nothing") { Evidence = Evidence(tag) },
        };
    }

    // nobody looked in between; and a clock may have been set back
    private static string When(TagMove move) => move.Before.Last < move.After.First
        ? $"between {At(move.Before.Last)} and {At(move.After.First)} UTC"
        : $"before {At(move.After.First)} UTC";

    private static string History(TagMove move) =>
        $"it was {move.Before.Root.Short} since {At(move.Before.First)}"
        + (move.SameBefore is { } same ? $", and before that, until {At(same.Last)}, what it is now" : "");

    private static IReadOnlyList<string> Evidence(TagNote tag) =>
        [.. tag.States.Select(state => $"seen {Stretch(state)} UTC: {state.Root}, configuration {state.Marks.Config}")];

    private static string Stretch(TagState state) => At(state.First) == At(state.Last) ? $"at {At(state.First)}" : $"from {At(state.First)} to {At(state.Last)}";

    private static string At(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
}
