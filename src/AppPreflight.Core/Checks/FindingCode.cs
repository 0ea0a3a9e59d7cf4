namespace AppPreflight.Checks;

/// <summary>The closed list of findings. On the wire in kebab-case (<c>tag-moved</c>); a released name is never changed.</summary>
public enum FindingCode
{
    // app and chain
    AppUnknown,
    AppNotInstalled,
    AppPinned,
    ChainEmpty,
    ChainGap,
    ChainCycle,
    StepRefused,
    CatalogUnreadable,
    CatalogRefreshing,
    ComposeUnreadable,

    // what the registry serves
    RegistryUnreachable,
    RegistryDenied,
    RegistryThrottled,
    ManifestAbsent,
    ManifestAltered,
    ConfigAltered,
    LayerAltered,
    LayerAbsent,
    SizeDiffers,
    PlatformAbsent,
    MediaTypeUnsupported,
    DiffIdDiffers,

    // what the engine holds
    EngineUnreachable,
    ImageAbsent,
    TagMoved,
    DigestReferenceStale,
    StoredConfigAltered,
    StoredLayerAltered,
    StoredLayerMetadataAltered,
    LayerSharedInUse,
    ImageInUse,
    PullRefused,
    DigestMappingStale,
    CachedManifestAltered,
    LayerFolderLeft,
    ContainerAbsent,
    ContainerOnOtherImage,

    // the way between
    BlobReplacedInTransit,
    BlobUnstable,

    // the host
    SpaceShort,
    InodesShort,

    // two tags
    TagsIdentical,
    TagsSameImage,
    TagsSameLayers,
    TagsSameFiles,
    TagsDiffer,
}
