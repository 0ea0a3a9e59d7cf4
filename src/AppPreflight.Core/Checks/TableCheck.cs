using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.Checks;

/// <summary>What a pull of an image would stumble over in the engine's own tables, or believe there, although the registry serves it soundly.</summary>
/// <remarks>docs/decisions/0027: what the engine does in each case was seen, and is asserted in Rehearsal/TableDamagesTests.</remarks>
public static class TableCheck
{
    public static IEnumerable<Finding> Look(IReadOnlyList<TableDamage> tables, ImageObservation observation, EngineState? engine)
    {
        if (engine is null || observation.Served is not { } served) return [];
        // of an image that it holds the engine looks at no layer: "Image is up to date"
        var isHeld = engine.Images.Any(image => image.Id == engine.IdOf(served) && image.Fault is null && image.IsSound() != false);
        return tables.Where(damage => damage.Image == observation.Image.Reference).Select(damage => damage.Kind switch
        {
            TableDamageKind.CachedManifest => OfManifest(damage, served, engine),
            TableDamageKind.DigestMapping => isHeld ? null : OfMapping(damage, engine),
            // what it has in its memory it does not make anew
            _ => damage.Layer is { } layer && engine.HoldersOf(layer).Any() ? null : OfFolder(damage),
        }).OfType<Finding>();
    }

    /// <summary>The images whose lease keeps the engine's copy of a manifest from being dropped.</summary>
    /// <remarks>Source: moby image store_with_lease.go, imageKey; a pull leases what it read for the image that it made of it.</remarks>
    internal static IEnumerable<StoredImage> KeepersOf(ImageObservation observation, EngineState engine)
    {
        if (observation.Served is not { } served) return [];
        var root = $"@{served.Root.Digest}";
        return engine.Images.Where(image => image.Id == engine.IdOf(served) || (image.Id == observation.Stored?.Id && image.RepoDigests.Count == 0)
            || image.RepoDigests.Any(name => name.EndsWith(root, StringComparison.Ordinal)));
    }

    private static Finding OfMapping(TableDamage damage, EngineState engine)
    {
        var holders = damage.Layer is { } layer ? engine.HoldersOf(layer).ToList() : [];
        var byHand = $"rm {Shell(damage.Path)} (a cache entry: nothing stops, and the next pull fetches this one layer again)";
        return new(FindingCode.DigestMappingStale, Verdict.Fail, $"{damage.Image} {damage.Blob}", Source.Engine,
            "The engine's own table says that this layer is another one, which it holds already; a pull takes that in its place and ends with \"layers from manifest don't match image configuration\"")
        {
            Expected = damage.Expected,
            Observed = damage.Observed,
            Remedy = holders.Count > 0 && holders.TrueForAll(image => image.InUseBy.Count == 0) ? StoredCheck.Repair : $"{byHand}; then {StoredCheck.Repair}",
            Cause = new(Culprit.Engine, Confidence.Proven,
                "An entry of the engine's cache of layer digests is wrong. The registry, the way to it and every image stored here are sound; pulling again changes nothing")
            {
                Evidence =
                [
                    $"{damage.Path} says {damage.Observed}; the image's configuration says {damage.Expected}.",
                    $"The layer {damage.Layer} that this leads to is in the engine's table{(holders.Count > 0 ? ", as part of " + string.Join(", ", holders.Select(InUseCheck.Name)) : "")}.",
                    $"Without removing any image: {byHand}.",
                ],
            },
        };
    }

    private static Finding OfManifest(TableDamage damage, ServedImage served, EngineState engine)
    {
        var keepers = KeepersOf(new(new(damage.Image, [])) { Served = served, Stored = engine.Find(damage.Image) }, engine).ToList();
        var used = keepers.Where(image => image.InUseBy.Count > 0).ToList();
        return new(FindingCode.CachedManifestAltered, Verdict.Fail, $"{damage.Image} {damage.Blob}", Source.Engine,
            "The engine keeps a copy of this manifest that is not what its digest names, and reads it in place of the registry's; a pull by digest ends with \"manifest verification failed\", one by tag with whatever the wrong bytes ask for")
        {
            Expected = damage.Expected,
            Observed = damage.Observed,
            Remedy = used.Count == 0 ? StoredCheck.Repair : $"{ByHand(damage, used, engine)}; then {StoredCheck.Repair}",
            Cause = new(Culprit.LocalStore, Confidence.Proven,
                "The engine's cached copy of the manifest rotted on this host's disk. The error it leads to looks like the registry's; the registry serves the right bytes")
            {
                Evidence =
                [
                    $"{damage.Path} has the digest {damage.Observed}.",
                    $"What the registry answered in this run has the digest {damage.Expected}.",
                ],
            },
        };
    }

    private static Finding OfFolder(TableDamage damage)
    {
        var path = Shell(damage.Path);
        return new(FindingCode.LayerFolderLeft, Verdict.Fail, $"{damage.Image} {damage.Blob}", Source.Engine,
            $"Where the engine has to put a layer of this image there is something left over ({What(damage)}); a pull ends with \"failed to register layer: rename ...: file exists\"")
        {
            Expected = damage.Expected,
            Observed = damage.Observed,
            Remedy = damage.IsEmpty
                ? $"rmdir {path} (it removes nothing but an empty folder; nothing stops); then {StoredCheck.Repair}"
                : $"mv {path} /root/ (no image of this engine has it, so nothing stops; move it back if a container misses it); then {StoredCheck.Repair}",
            Cause = new(Culprit.LocalStore, Confidence.Proven,
                "A folder of the engine's layer table is left over from an interrupted pull, removal or file system check; the engine neither uses it nor replaces it")
            {
                Evidence = [$"{damage.Path}: {What(damage)}.", "No image that the engine lists stands on a layer of that name."],
            },
        };
    }

    // the engine starts a containerd of its own where the system has none (cmd/dockerd/daemon_unix.go)
    private static string ByHand(TableDamage damage, List<StoredImage> used, EngineState engine)
    {
        var address = damage.Path.StartsWith(engine.DataRoot + "/", StringComparison.Ordinal) ? "--address /var/run/docker/containerd/containerd.sock " : "";
        return string.Join("; ", used.Select(image => $"ctr {address}--namespace moby leases delete --sync moby-image-{image.Id}"))
            + $" (drops the engine's cached manifests of {string.Join(", ", used.Select(InUseCheck.Name))}, which the next pull fetches again; its containers run on)";
    }

    private static string What(TableDamage folder) => folder.IsEmpty ? "an empty folder" : Quote.Short(folder.Observed ?? "something");

    private static string Shell(string path) =>
        path.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '/' or '.' or '_' or '-' or ':') ? path : $"'{path.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
