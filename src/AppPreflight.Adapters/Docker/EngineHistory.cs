using System.Text.RegularExpressions;
using AppPreflight.Oci;

namespace AppPreflight.Docker;

/// <summary>An engine's account of an image's steps, put beside its layers.</summary>
/// <remarks>
/// The engine does not say which step made no layer, only how many bytes of files each added; a layer of folders alone has none either
/// (moby layer/layer_store.go, applyTar: file sizes are added up). So where some steps without bytes made layers and others did not,
/// their words decide, as the builders write them: Dockerfile's COPY, ADD and WORKDIR make one, RUN often, all others never. Which of
/// several such RUN changed at least a folder nobody can tell: then it is the lowest.
/// </remarks>
internal static partial class EngineHistory
{
    private enum Kind
    {
        MakesNone,
        Unknown,
        MayMakeLayer,
        MakesLayer,
    }

    /// <param name="lines">Newest first.</param>
    /// <param name="layers">How many there are.</param>
    /// <returns>Base first. Without times and authors: the engine tells whole seconds, and no author.</returns>
    public static IReadOnlyList<HistoryEntry> Of(IReadOnlyList<HistoryLine?> lines, int layers)
    {
        if (lines.Count > ConfigDetails.MaxHistory) throw new FormatException($"its history has {lines.Count} steps, more than the {ConfigDetails.MaxHistory} allowed");
        var steps = lines.OfType<HistoryLine>().Reverse().ToList();
        var unseen = layers - steps.Count(step => step.Size > 0);
        var made = steps.Index().Where(step => step.Item.Size <= 0).OrderByDescending(step => KindOf(step.Item.CreatedBy ?? "")).Take(Math.Max(0, unseen)).Select(step => step.Index).ToHashSet();
        return [.. steps.Select((step, place) => new HistoryEntry(step.CreatedBy ?? "", step.Size <= 0 && !made.Contains(place))
        {
            Comment = string.IsNullOrEmpty(step.Comment) ? null : step.Comment,
        })];
    }

    private static Kind KindOf(string command) =>
        Makers().IsMatch(command) ? Kind.MakesLayer : Runs().IsMatch(command) ? Kind.MayMakeLayer : Others().IsMatch(command) ? Kind.MakesNone : Kind.Unknown;

    // the classic builder writes "/bin/sh -c #(nop) " before what runs nothing, and "|1 NAME=value " before a command with build arguments
    [GeneratedRegex(@"\A(?:RUN\s|/bin/sh -c (?!#\(nop\))|\|\d+ )", RegexOptions.CultureInvariant)]
    private static partial Regex Runs();

    [GeneratedRegex(@"\A(?:/bin/sh -c #\(nop\)\s*)?(?:COPY|ADD|WORKDIR)\s", RegexOptions.CultureInvariant)]
    private static partial Regex Makers();

    [GeneratedRegex(@"\A(?:/bin/sh -c #\(nop\)\s*)?(?:ARG|CMD|ENTRYPOINT|ENV|EXPOSE|HEALTHCHECK|LABEL|MAINTAINER|ONBUILD|SHELL|STOPSIGNAL|USER|VOLUME)\b", RegexOptions.CultureInvariant)]
    private static partial Regex Others();
}
