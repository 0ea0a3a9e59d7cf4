using System.Text.RegularExpressions;

namespace AppPreflight.Images;

/// <summary>Which of the engine's refusals of a pull it was.</summary>
public enum PullFailureKind
{
    /// <summary>A wording nobody has seen here before. It proves nothing.</summary>
    Unknown,
    ConfigAltered,
    LayerAltered,
    ManifestAltered,
    LayersMismatch,
    UnpackFailed,
    StoredLayerAltered,
    StoredFileAltered,
    ConnectionCut,
    NoRoom,
    Denied,
    Throttled,
    Missing,
    PlatformAbsent,
    CertificateRefused,
    Unreachable,
    FormatUnsupported,
}

/// <summary>Where the cause of a failed pull lies, as far as the engine's wording proves it.</summary>
public enum PullBlame
{
    Unknown,

    /// <summary>What came over the network in this very pull: the registry, something on the way, or this host's own memory or network card. Never the local store.</summary>
    Received,

    /// <summary>The registry or the way to it, without any wrong byte.</summary>
    Registry,

    /// <summary>What lies on this host's disk, or the room there.</summary>
    Local,

    /// <summary>The wording fits both.</summary>
    Either,
}

/// <summary>What one of the engine's sentences about a failed pull proves.</summary>
/// <remarks>
/// Source: moby v20.10.24 distribution/pull_v2.go, distribution/xfer/download.go, layer/ro_layer.go and vbatts/tar-split tar/asm;
/// for the containerd image store content/helpers.go and unpack/unpacker.go.
/// </remarks>
/// <param name="Meaning">One sentence for a person.</param>
/// <param name="Subject">The digest or file the engine names; null when it names none.</param>
public sealed partial record PullFailure(PullFailureKind Kind, PullBlame Blame, string Meaning, string? Subject)
{
    // Order counts: what wraps another fault ("failed to register layer: ... unexpected EOF") stands before what it wraps,
    // and lack of room, which any of them may wrap, stands first.
    private static readonly (string Words, PullFailureKind Kind)[] wordings =
    [
        ("no space left on device", PullFailureKind.NoRoom),
        ("disk quota exceeded", PullFailureKind.NoRoom),
        ("image config verification failed", PullFailureKind.ConfigAltered),
        ("filesystem layer verification failed", PullFailureKind.LayerAltered),
        ("manifest verification failed", PullFailureKind.ManifestAltered),
        ("layers from manifest don't match image configuration", PullFailureKind.LayersMismatch),
        ("wrong diff id", PullFailureKind.LayersMismatch),
        ("could not verify layer data", PullFailureKind.StoredLayerAltered),
        ("file integrity checksum failed", PullFailureKind.StoredFileAltered),
        ("\"config-sha256:", PullFailureKind.ConfigAltered),
        ("\"manifest-sha256:", PullFailureKind.ManifestAltered),
        ("\"index-sha256:", PullFailureKind.ManifestAltered),
        ("unexpected commit digest", PullFailureKind.LayerAltered),
        ("unexpected commit size", PullFailureKind.LayerAltered),
        ("failed to register layer", PullFailureKind.UnpackFailed),
        ("failed to extract layer", PullFailureKind.UnpackFailed),
        ("failed to prepare extraction snapshot", PullFailureKind.UnpackFailed),
        ("toomanyrequests", PullFailureKind.Throttled),
        ("429 Too Many Requests", PullFailureKind.Throttled),
        ("pull access denied", PullFailureKind.Denied),
        ("unauthorized", PullFailureKind.Denied),
        ("401 Unauthorized", PullFailureKind.Denied),
        ("403 Forbidden", PullFailureKind.Denied),
        ("no basic auth credentials", PullFailureKind.Denied),
        ("denied: ", PullFailureKind.Denied),
        ("no matching manifest for", PullFailureKind.PlatformAbsent),
        ("no match for platform", PullFailureKind.PlatformAbsent),
        ("cannot be used on this platform", PullFailureKind.PlatformAbsent),
        ("does not match the specified platform", PullFailureKind.PlatformAbsent),
        ("manifest unknown", PullFailureKind.Missing),
        ("name unknown", PullFailureKind.Missing),
        ("blob unknown", PullFailureKind.Missing),
        ("404 Not Found", PullFailureKind.Missing),
        (": not found", PullFailureKind.Missing),
        ("x509: ", PullFailureKind.CertificateRefused),
        ("tls: ", PullFailureKind.CertificateRefused),
        ("server gave HTTP response to HTTPS client", PullFailureKind.CertificateRefused),
        ("unsupported media type", PullFailureKind.FormatUnsupported),
        ("mediaType in manifest should be", PullFailureKind.FormatUnsupported),
        ("unsupported manifest", PullFailureKind.FormatUnsupported),
        ("schema 1 support has been removed", PullFailureKind.FormatUnsupported),
        ("unexpected EOF", PullFailureKind.ConnectionCut),
        ("connection reset by peer", PullFailureKind.ConnectionCut),
        ("dial tcp", PullFailureKind.Unreachable),
        ("proxyconnect", PullFailureKind.Unreachable),
        ("no such host", PullFailureKind.Unreachable),
        ("connection refused", PullFailureKind.Unreachable),
        ("i/o timeout", PullFailureKind.Unreachable),
        ("TLS handshake timeout", PullFailureKind.Unreachable),
        ("Client.Timeout", PullFailureKind.Unreachable),
        ("context deadline exceeded", PullFailureKind.Unreachable),
        ("received unexpected HTTP status: 5", PullFailureKind.Unreachable),
        ("unexpected status", PullFailureKind.Unreachable),
        ("unexpected http status", PullFailureKind.Unreachable),
        ("network is unreachable", PullFailureKind.Unreachable),
        ("no route to host", PullFailureKind.Unreachable),
        (": EOF", PullFailureKind.ConnectionCut),
    ];

    /// <param name="sentence">As the engine wrote it, with or without words of others around it.</param>
    public static PullFailure Classify(string sentence)
    {
        var kind = Array.Find(wordings, wording => sentence.Contains(wording.Words, StringComparison.OrdinalIgnoreCase)).Kind;
        var (blame, meaning) = Explain(kind);
        return new(kind, blame, meaning, SubjectOf(sentence));
    }

    private static (PullBlame Blame, string Meaning) Explain(PullFailureKind kind) => kind switch
    {
        PullFailureKind.ConfigAltered => (PullBlame.Received, "the configuration received in this pull has other bytes than its digest promises; the local store is not involved"),
        PullFailureKind.LayerAltered => (PullBlame.Received, "a layer received in this pull has other bytes than its digest promises; the local store is not involved"),
        PullFailureKind.ManifestAltered => (PullBlame.Either, "the manifest has other bytes than its digest promises; it came from the registry or from the engine's own cache of manifests"),
        PullFailureKind.LayersMismatch => (PullBlame.Either, "the unpacked layers are not those of the configuration: a stray entry in the engine's own tables, or an image that was built wrong"),
        PullFailureKind.UnpackFailed => (PullBlame.Local, "the engine could not unpack a layer that it had received as promised"),
        PullFailureKind.StoredLayerAltered => (PullBlame.Local, "a layer in the local store is not what it was"),
        PullFailureKind.StoredFileAltered => (PullBlame.Local, "a file in the local store is not what it was"),
        PullFailureKind.ConnectionCut => (PullBlame.Registry, "the connection to the registry was cut"),
        PullFailureKind.NoRoom => (PullBlame.Local, "there is no room left on the engine's disk"),
        PullFailureKind.Denied => (PullBlame.Registry, "the registry does not let the engine have it, or does not know it and will not say so"),
        PullFailureKind.Throttled => (PullBlame.Registry, "the registry has counted too many requests"),
        PullFailureKind.Missing => (PullBlame.Registry, "the registry does not have it"),
        PullFailureKind.PlatformAbsent => (PullBlame.Registry, "the registry has it for other platforms only"),
        PullFailureKind.CertificateRefused => (PullBlame.Registry, "the engine does not trust the registry's certificate, or one side speaks no TLS"),
        PullFailureKind.Unreachable => (PullBlame.Registry, "the engine did not reach the registry"),
        PullFailureKind.FormatUnsupported => (PullBlame.Registry, "the image has a form that this engine cannot use"),
        _ => (PullBlame.Unknown, "the engine's words do not say where the cause lies"),
    };

    private static string? SubjectOf(string sentence)
    {
        if (FileName().Match(sentence) is { Success: true } file) return file.Groups["name"].Value;
        return DigestText().Match(sentence) is { Success: true } digest ? digest.Value : null;
    }

    [GeneratedRegex("checksum failed for \"?(?<name>[^\"]+)\"?", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex FileName();

    [GeneratedRegex("sha256:[0-9a-f]{64}", RegexOptions.CultureInvariant)]
    private static partial Regex DigestText();
}
