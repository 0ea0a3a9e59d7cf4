namespace AppPreflight.Images;

/// <summary>How deep a look goes. Shown in every report, because a pass is worth no more than this.</summary>
public enum Depth
{
    /// <summary>Identifiers are compared: manifest and config are hashed, of layers only the existence is asked.</summary>
    Claims,

    /// <summary>Every byte of every layer is hashed.</summary>
    Content,
}

/// <summary>How deep one stored image was looked at.</summary>
public enum StoredDepth
{
    Claims,
    Content,

    /// <summary>Every byte, and from the medium: after the file system had been synced, and past the page cache.</summary>
    Medium,
}
