namespace AppPreflight.Rehearsal;

/// <summary>The catalogue. Each entry is proven against the engine's own API in DamagesTests.</summary>
internal static class Damages
{
    private static readonly Damage Absent = new(
        "absent", "2.0.0 is not in the store", "it is never pulled", (_, _) => Task.CompletedTask)
    {
        Before = ["image-absent", "image-absent"],
    };

    private static readonly Damage TagMoved = new(
        "tag-moved", "the registry's tag 2.0.0 names another image by now; the stored copy is sound",
        "a rebuilt image is pushed under the tag after the pull", StoreDamages.MoveTagAsync)
    {
        NeedsStored = true,
        Before = ["image-absent", "tag-moved"],
        Culprit = "retag",
    };

    private static readonly Damage TagRelabelled = new(
        "tag-relabelled", "the registry's tag 2.0.0 names the same layers under another configuration; the stored copy is sound",
        "the layers are pushed with another label under the tag after the pull", StoreDamages.RelabelAsync)
    {
        NeedsStored = true,
        Before = ["image-absent", "tag-moved"],
        Culprit = "retag",
    };

    // To the engine it is the image it holds; what is told is what the registry did.
    private static readonly Damage TagRecompressed = new(
        "tag-recompressed", "the registry's tag 2.0.0 was pushed again since an earlier run: the same image, packed otherwise",
        "the layers are pushed by another gzip under the tag after the pull, and an earlier run remembers what it was", StoreDamages.RecompressAsync)
    {
        NeedsStored = true,
        Before = ["image-absent", "tag-moved"],
        After = ["tag-moved"],
        ExitAfter = 0,
        Culprit = "retag",
    };

    private static readonly Damage LocalTagWrong = new(
        "local-tag-wrong", "the local tag 2.0.0 points at a foreign image",
        "a foreign image is loaded and tagged", StoreDamages.TagForeignAsync)
    {
        NeedsStored = true,
        Before = ["image-absent", "tag-moved"],
        Culprit = "local-store",
    };

    private static readonly Damage LocalTagOnInstalled = new(
        "local-tag-on-installed", "the local tag 2.0.0 points at the image of the running 1.10.3",
        "the tag is set with the engine's own tag call", StoreDamages.TagInstalledAsync)
    {
        NeedsStored = true,
        Before = ["image-absent", "tag-moved"],
        Culprit = "retag",
    };

    private static readonly Damage StaleDigestReference = new(
        "stale-digest-reference", "the tag is right, but repository@digest names another image: the engine never moves it",
        "2.0.0 is served as an index; it is pulled for arm64 first and for this machine then", StoreDamages.PullTwoPlatformsAsync)
    {
        Before = ["digest-reference-stale", "image-absent"],
        Culprit = "engine",
    };

    private static readonly Damage StaleDigestEdited = new(
        "stale-digest-edited", "the tag is right, but repository@digest names a foreign image",
        "repositories.json is edited while the engine is stopped", StoreDamages.EditDigestReferenceAsync)
    {
        NeedsStored = true,
        Before = ["digest-reference-stale", "image-absent"],
        Culprit = "engine",
    };

    private static readonly Damage StoredConfigRotten = new(
        "stored-config-rotten", "the engine's copy of 2.0.0's config does not match its digest",
        "one bit is turned below imagedb/content/sha256", StoreDamages.RotConfigAsync)
    {
        NeedsStored = true,
        Before = ["image-absent", "stored-config-altered"],
        Culprit = "local-store",
    };

    private static readonly Damage StoredLayerRotten = new(
        "stored-layer-rotten", "a file in 2.0.0's own layer does not match its checksum",
        "one bit is turned in a file below overlay2", StoreDamages.RotOwnLayerAsync)
    {
        NeedsStored = true,
        Before = ["image-absent", "stored-layer-altered"],
        Culprit = "local-store",
    };

    // The running container holds the layer: nobody may remove it, so this one is the operator's. Pulling 3.1.1 would be told "Already
    // exists" for the rotten layer, so a repair that says it cured anything here is wrong.
    private static readonly Damage StoredBaseLayerRotten = new(
        "stored-base-layer-rotten", "a file in the base layer is altered, which 2.0.0 shares with the running 1.10.3",
        "one bit is turned in a file below overlay2 that nothing running reads", StoreDamages.RotBaseLayerAsync)
    {
        NeedsStored = true,
        Before = ["image-absent", "layer-shared-in-use", "stored-layer-altered"],
        After = ["image-absent", "layer-shared-in-use", "stored-layer-altered"],
        SpoilsInstalled = true,
        Culprit = "local-store",
    };

    private static readonly Damage ServedConfigRotten = new(
        "served-config-rotten", "the registry serves a config for 2.0.0 that does not match its digest",
        "one bit is turned in the registry's blob", ServedDamages.RotConfigAsync)
    {
        Before = ["config-altered", "image-absent", "image-absent"],
        After = ["config-altered", "image-absent"],
        Culprit = "registry",
    };

    private static readonly Damage ServedLayerRotten = new(
        "served-layer-rotten", "the registry serves a layer of 2.0.0 that does not match its digest",
        "one bit is turned in the registry's blob", ServedDamages.RotLayerAsync)
    {
        Before = ["image-absent", "image-absent", "layer-altered"],
        After = ["image-absent", "layer-altered"],
        Culprit = "registry",
    };

    private static readonly Damage RegistryDown = new(
        "registry-down", "the registry refuses connections", "it is stopped", ServedDamages.StopAsync)
    {
        Before = ["image-absent", "image-absent", "registry-unreachable", "registry-unreachable"],
        After = ["image-absent", "image-absent", "registry-unreachable", "registry-unreachable"],
    };

    private static readonly Damage WrongPlatform = new(
        "wrong-platform", "the stored 2.0.0 is for arm64; the registry serves it for this machine",
        "an arm64 manifest is pulled under the tag, which then moves to the right one", StoreDamages.PullArmAsync)
    {
        Before = ["image-absent", "tag-moved"],
        Culprit = "local-store",
    };

    // After a pull the tag is right and the digest reference still is not: needs both cures.
    private static readonly Damage WrongPlatformOfIndex = new(
        "wrong-platform-of-index", "the stored 2.0.0 is the arm64 part of the very index the tag names",
        "2.0.0 is served as an index and pulled for arm64 only", StoreDamages.PullArmOfIndexAsync)
    {
        Before = ["digest-reference-stale", "image-absent", "tag-moved"],
        Culprit = "engine, local-store",
    };

    private static readonly Damage ServedPlatformWrong = new(
        "served-platform-wrong", "the registry has 2.0.0 for arm64 only", "the tag names an index with one entry",
        ServedDamages.ServeArmOnlyAsync)
    {
        Before = ["image-absent", "image-absent", "platform-absent"],
        After = ["image-absent", "platform-absent"],
        Culprit = "publisher",
    };

    // Of no step to come, so neither check nor repair sees it: the gate does, when it is asked for the installed version.
    private static readonly Damage ContainerOnOldImage = new(
        "container-on-old-image", "2.0.0 is registered as installed, but the container still stands on the image of 1.10.3",
        "the registry is written as an upgrade writes it that fails afterwards", (appliance, _) => HostDamages.RegisterAhead(appliance))
    {
        NeedsStored = true,
        Before = ["image-absent"],
    };

    private static readonly Damage StoredFileMissing = new(
        "stored-file-missing", "a file of 2.0.0's own layer is gone", "it is deleted below overlay2", StoreDamages.LoseOwnFileAsync)
    {
        NeedsStored = true,
        Before = ["image-absent", "stored-layer-altered"],
        Culprit = "local-store",
    };

    private static readonly Damage StoredFileOpen = new(
        "stored-file-open", "a file of 2.0.0's own layer may be written by all", "its mode is set below overlay2", StoreDamages.OpenOwnLayerAsync)
    {
        NeedsStored = true,
        Before = ["image-absent", "stored-layer-metadata-altered"],
        Culprit = "local-store",
    };

    // 3.1.1 has no part in the rotten layer
    private static readonly Damage StoredLayerInUse = new(
        "stored-layer-in-use", "a file in 2.0.0's own layer is altered, and a container uses it",
        "a container is made of 2.0.0; then one bit is turned below overlay2", StoreDamages.UseAndRotAsync)
    {
        NeedsStored = true,
        Before = ["image-absent", "image-in-use", "stored-layer-altered"],
        After = ["image-in-use", "stored-layer-altered"],
        Culprit = "local-store",
    };

    private static readonly Damage ServedDiffIdWrong = new(
        "served-diff-id-wrong", "2.0.0 is served with a configuration that names another tar for a layer",
        "an image that was put together wrongly is pushed under the tag", ServedDamages.ServeOtherDiffIdAsync)
    {
        Before = ["diff-id-differs", "image-absent", "image-absent"],
        After = ["diff-id-differs", "image-absent"],
        Culprit = "publisher",
    };

    private static readonly Damage DigestMappingStale = new(
        "digest-mapping-stale", "the engine's table says that 3.1.1's own layer is 2.0.0's own, which it holds",
        "the entry is written below distribution/diffid-by-digest", TableDamages.MapToStoredAsync)
    {
        NeedsStored = true,
        Before = ["digest-mapping-stale", "image-absent"],
        Culprit = "engine",
    };

    // What holds the wrong layer runs: a person takes the entry away, which costs nothing.
    private static readonly Damage DigestMappingInUse = new(
        "digest-mapping-in-use", "the engine's table says that a layer of both steps is one of the running 1.10.3",
        "the entry is written below distribution/diffid-by-digest", TableDamages.MapToRunningAsync)
    {
        Before = ["digest-mapping-stale", "digest-mapping-stale", "image-absent", "image-absent"],
        After = ["digest-mapping-stale", "digest-mapping-stale", "image-absent", "image-absent"],
        Culprit = "engine",
    };

    // The engine finds no such layer, fetches the right one and corrects the entry.
    private static readonly Damage DigestMappingHarmless = new(
        "digest-mapping-harmless", "the engine's table says that 3.1.1's own layer is one that no engine holds",
        "the entry is written below distribution/diffid-by-digest", TableDamages.MapToNothingAsync)
    {
        NeedsStored = true,
        Before = ["image-absent"],
    };

    private static readonly Damage CachedManifestRotten = new(
        "cached-manifest-rotten", "the engine's own copy of 2.0.0's manifest names another layer",
        "one digit is altered in a blob of the engine's containerd", TableDamages.RotManifestAsync)
    {
        NeedsStored = true,
        Before = ["cached-manifest-altered", "image-absent"],
        Culprit = "local-store",
    };

    private static readonly Damage CachedManifestInUse = new(
        "cached-manifest-in-use", "the same, while a second container runs on 2.0.0",
        "a container is started, and one digit is altered in a blob of the engine's containerd", TableDamages.RotManifestInUseAsync)
    {
        NeedsStored = true,
        Before = ["cached-manifest-altered", "image-absent"],
        After = ["cached-manifest-altered"],
        Culprit = "local-store",
    };

    // What is no manifest at all, the engine fetches anew.
    private static readonly Damage CachedManifestZeroed = new(
        "cached-manifest-zeroed", "the engine's own copy of 2.0.0's manifest is all zeros", "a blob of the engine's containerd is overwritten",
        TableDamages.ZeroManifestAsync)
    {
        NeedsStored = true,
        Before = ["image-absent"],
    };

    private static readonly Damage LayerFolderEmpty = new(
        "layer-folder-empty", "an empty folder stands where 3.1.1's own layer has to go", "it is made below layerdb/sha256",
        TableDamages.LeaveEmptyFolderAsync)
    {
        Before = ["image-absent", "image-absent", "layer-folder-left"],
        After = ["image-absent", "layer-folder-left"],
        Culprit = "local-store",
    };

    private static readonly Damage LayerFolderHalf = new(
        "layer-folder-half", "a folder of empty files stands where 3.1.1's own layer has to go", "it is made below layerdb/sha256",
        TableDamages.LeaveHalfFolderAsync)
    {
        NeedsStored = true,
        Before = ["image-absent", "layer-folder-left"],
        After = ["image-absent", "layer-folder-left"],
        Culprit = "local-store",
    };

    // To remove this layer would take the name away from the running one: no container of 1.10.3 would start any more.
    private static readonly Damage ShortNameOfRunning = new(
        "short-name-of-running", "2.0.0's own layer bears the short name of a layer of the running 1.10.3", "the file link is written below overlay2",
        TableDamages.StealShortNameAsync)
    {
        NeedsStored = true,
        Before = ["image-absent", "stored-layer-metadata-altered"],
        After = ["stored-layer-metadata-altered"],
        Culprit = "local-store",
    };

    // The engine refuses to describe such an image: "readlink ...: invalid argument".
    private static readonly Damage LowerEmptied = new(
        "lower-emptied", "the list of the layers below 2.0.0's own is empty, as after a power cut", "the file lower is emptied below overlay2",
        TableDamages.EmptyLowerAsync)
    {
        NeedsStored = true,
        Before = ["image-absent", "stored-layer-metadata-altered"],
        Culprit = "local-store",
    };

    public static IReadOnlyList<Damage> All { get; } =
    [
        Absent, TagMoved, TagRelabelled, TagRecompressed, LocalTagWrong, LocalTagOnInstalled, StaleDigestReference, StaleDigestEdited, StoredConfigRotten,
        StoredLayerRotten, StoredBaseLayerRotten, ServedConfigRotten, ServedLayerRotten, RegistryDown, WrongPlatform,
        WrongPlatformOfIndex, ServedPlatformWrong, ContainerOnOldImage, StoredFileMissing, StoredFileOpen, StoredLayerInUse, ServedDiffIdWrong,
        DigestMappingStale, DigestMappingInUse, DigestMappingHarmless, CachedManifestRotten, CachedManifestInUse, CachedManifestZeroed, LayerFolderEmpty, LayerFolderHalf,
        ShortNameOfRunning, LowerEmptied,
        .. DiskDamages.All, .. HostDamages.All, .. LyingDamages.All,
    ];

    public static Damage? TryFind(string name) => All.FirstOrDefault(damage => damage.Name == name);

    /// <exception cref="RehearsalException">No damage of that name.</exception>
    public static Damage Find(string name) =>
        TryFind(name)
        ?? throw new RehearsalException($"no damage '{name}': {string.Join(", ", All.Select(damage => damage.Name))}");
}
