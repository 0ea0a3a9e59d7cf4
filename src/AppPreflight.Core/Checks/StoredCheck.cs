using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.Checks;

/// <summary>What the engine holds under the name, against what the registry serves and against its own digests.</summary>
public static class StoredCheck
{
    internal const string Repair = "app-preflight repair";

    public static IEnumerable<Finding> Look(ImageObservation observation, EngineState? engine)
    {
        if (engine is null || !observation.AskedEngine) return [];
        var subject = observation.Image.Reference.ToString();
        if (observation.Stored is not { } stored) return [Absent(subject), .. StaleReference(observation, engine)];
        return
        [
            .. Unreadable(subject, stored, engine),
            .. Identity(subject, observation, stored, engine),
            .. StaleReference(observation, engine),
            .. ContentOf(subject, stored, engine),
        ];
    }

    private static Finding Absent(string subject) =>
        new(FindingCode.ImageAbsent, Verdict.Fail, subject, Source.Engine, "The engine does not hold this image yet")
        { Remedy = Repair };

    // moby image/fs.go hashes the configuration on each read: a rotten one is an error there, not a wrong answer. The id is its digest in
    // that store alone
    private static IEnumerable<Finding> Unreadable(string subject, StoredImage stored, EngineState engine)
    {
        if (stored.Fault is not { } fault) yield break;
        // moby daemon/graphdriver/overlay2, GetMetadata: what it can't read is no configuration but the way to a layer's files
        if (fault.Message.Contains(": readlink ", StringComparison.Ordinal))
        {
            yield return new(FindingCode.StoredLayerMetadataAltered, Verdict.Fail, subject, Source.Engine,
                $"The engine does not find the files of this image's layers by the short names it gave them: {fault.Message}")
            { Remedy = Repair };
            yield break;
        }

        yield return new(FindingCode.StoredConfigAltered, Verdict.Fail, subject, Source.Engine,
            $"The engine cannot read its stored configuration of this image: {fault.Message}")
        { Expected = engine.UsesContainerdStore ? fault.Expected : stored.Id.ToString(), Observed = fault.Observed, Remedy = Repair };
    }

    private static IEnumerable<Finding> Identity(string subject, ImageObservation observation, StoredImage stored, EngineState engine)
    {
        if (observation.Served is not { } served || stored.Id == engine.IdOf(served)) yield break;
        var (here, there) = (ImageMarks.Of(stored, engine), ImageMarks.Of(served));
        TagGrade? grade = here is null ? null : RetagGrade.Of(here, there);
        var (message, cause) = Moved(observation, stored, served, engine);
        yield return new(FindingCode.TagMoved, VerdictOf(grade, stored, cause, engine), subject, Source.Engine, here is null ? message : message + Sameness(observation, here, there))
        {
            Expected = engine.IdOf(served).ToString(),
            Observed = stored.Id.ToString(),
            Grade = grade,
            Remedy = Repair,
            Cause = cause,
        };
    }

    // The same layers hold the same files. What runs in them, as whom and with what, is the configuration's word: after a push both are the
    // publisher's; for one that somebody else put here nobody vouches. And what is for another processor does not start, whatever it holds.
    private static Verdict VerdictOf(TagGrade? grade, StoredImage stored, Cause cause, EngineState engine) => grade switch
    {
        _ when IsForOther(stored, engine) => Verdict.Fail,
        TagGrade.SameImage or TagGrade.Identical => Verdict.Warn,
        TagGrade.SameLayers when cause.Culprit == Culprit.Retag => Verdict.Warn,
        _ => Verdict.Fail,
    };

    // other layers may hold the same files: that takes reading them
    private static string Sameness(ImageObservation observation, ImageMarks here, ImageMarks there) => RetagGrade.Of(here, there) switch
    {
        null => $"; {RetagGrade.Words(here, there)} (whether the files are: {Compare(observation)})",
        TagGrade.SameLayers => $"; {RetagGrade.Words(here, there)} (whether they are started otherwise: {Compare(observation)})",
        _ => $"; {RetagGrade.Words(here, there)}",
    };

    private static string Compare(ImageObservation observation) => $"app-preflight compare docker:{observation.Image.Reference} {observation.Image.Reference}";

    private static bool IsForOther(StoredImage stored, EngineState engine) => stored.Platform is { } platform && !engine.Platform.Runs(platform);

    private static (string Message, Cause Cause) Moved(ImageObservation observation, StoredImage stored, ServedImage served, EngineState engine)
    {
        if (IsForOther(stored, engine))
        {
            return ($"The stored image of this name is for {stored.Platform}; this host is {engine.Platform}",
                new(Culprit.LocalStore, Confidence.Proven, "Somebody pulled or loaded it here for another platform; the registry has it for this one"));
        }

        var here = stored.RepoDigests.Where(digest => digest.StartsWith(observation.Image.Reference.Name + "@", StringComparison.Ordinal)).ToList();
        if (here.Count == 0)
        {
            return ("The local name was put on another image that never came from this repository",
                new(Culprit.LocalStore, Confidence.Proven, "Somebody tagged, loaded or built another image under this name on this host; at the registry nothing moved"));
        }

        return here.Exists(digest => digest.EndsWith($"@{served.Root.Digest}", StringComparison.Ordinal))
            ? ("The local name stands on another image, although the engine files it under the digest that the registry serves",
                new(Culprit.Engine, Confidence.Proven, "The engine's own book files another image under the digest that the registry serves"))
            : ($"The name means another image at the registry than here: it was pulled as {Digest.TryParse(here[0][(here[0].IndexOf('@', StringComparison.Ordinal) + 1)..])?.Short ?? "?"}, the registry now serves {served.Root.Digest.Short}",
                new(Culprit.Retag, Confidence.Proven, "The name means another image by now; that alone damages nothing"));
    }

    // moby distribution/pull.go, addDigestReference: a digest reference is never moved to another image, so it survives every pull
    private static IEnumerable<Finding> StaleReference(ImageObservation observation, EngineState engine)
    {
        if (observation.Served is not { } served) yield break;
        var reference = $"{observation.Image.Reference.Name}@{served.Root.Digest}";
        var holder = engine.Images.FirstOrDefault(image => image.RepoDigests.Contains(reference, StringComparer.Ordinal));
        if (holder is null || holder.Id == engine.IdOf(served)) yield break;
        yield return new(FindingCode.DigestReferenceStale, Verdict.Fail, observation.Image.Reference.ToString(), Source.Engine,
            $"The engine files another image under the digest {served.Root.Digest.Short} that the registry serves; a pull does not correct that")
        {
            Expected = engine.IdOf(served).ToString(),
            Observed = holder.Id.ToString(),
            Remedy = Repair,
        };
    }

    private static IEnumerable<Finding> ContentOf(string subject, StoredImage stored, EngineState engine)
    {
        if (stored.Content is not { } content) yield break;
        if (content.Fault is { } fault)
        {
            // only words about bytes condemn an image: a full disk, say, stops an export and alters nothing
            yield return fault.Fault != Fault.Corrupt
                ? FaultCheck.OfEngine(subject, fault)
                : new(content.Way == ProofWay.ContentBlobs ? FindingCode.StoredConfigAltered : FindingCode.StoredLayerAltered, Verdict.Fail, subject,
                    Source.Engine, Quote.Sentence(fault.Message))
                { Observed = fault.Observed, Expected = fault.Expected, Remedy = Repair };
        }
        else if (!engine.UsesContainerdStore && content.Config is { } config && config != stored.Id)
        {
            yield return new(FindingCode.StoredConfigAltered, Verdict.Fail, subject, Source.Engine,
                "The stored configuration of this image is not the one its id names")
            { Expected = stored.Id.ToString(), Observed = config.ToString(), Remedy = Repair };
        }
        foreach (var finding in StoredLayerCheck.Look(subject, stored, content)) yield return finding;
    }
}
