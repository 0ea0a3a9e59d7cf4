using AppPreflight.Archive;
using AppPreflight.Images;

namespace AppPreflight.Registry;

/// <summary>What the registry room has to know of the host. A class, not a record: printed, it shows no key.</summary>
internal sealed class RegistrySettings
{
    /// <summary>Mirrors, insecure registries and proxies, as the engine itself reports them.</summary>
    public EngineNetwork Network { get; init; } = new();

    /// <summary>Below it lie <c>etc/docker/certs.d</c> and <c>root/.docker/config.json</c>.</summary>
    public string Root { get; init; } = "/";

    /// <summary>The value of DOCKER_CONFIG: a folder with a config.json, in place of root's own.</summary>
    public string? DockerConfigFolder { get; init; }

    /// <summary>UCR <c>uuid/license</c>: user and password for apps with InstallPermissions.</summary>
    public string? LicenceKey { get; init; }

    /// <summary>Whether the App Center logs in here before it pulls; false on other appliances than UCS.</summary>
    public bool HasAppCenter { get; init; } = true;

    /// <summary>UCR <c>proxy/http</c>: the App Center's own requests take it for both schemes, whatever the engine does (appcenter/utils.py, urlopen).</summary>
    public string? AppCenterProxy { get; init; }

    /// <summary>Who knows the addresses of host names.</summary>
    public HostNames Names { get; init; } = HostNames.System;

    public RegistryLimits Limits { get; init; } = new();

    /// <summary>What layers are unpacked with.</summary>
    public Unpacking Unpacking { get; init; } = Unpacking.OfThisMachine;
}

/// <summary>Bounds on what others may cost: time, tries, bytes.</summary>
internal sealed record RegistryLimits
{
    /// <summary>Requests in all for one question, at least one.</summary>
    public int Tries { get; init; } = 3;

    /// <summary>First pause between tries; it doubles, with jitter.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The longest single pause, Retry-After included: two of them are 30 s. A registry that asks for more is throttling.</summary>
    public TimeSpan LongestPause { get; init; } = TimeSpan.FromSeconds(15);

    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(20);

    public TimeSpan Headers { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A body that brings less than <see cref="StallBytes"/> in this time makes no progress.</summary>
    public TimeSpan Stall { get; init; } = TimeSpan.FromSeconds(30);

    public int StallBytes { get; init; } = 16 << 10;

    /// <summary>For the whole of a manifest, a config or a token: drop by drop they would take hours.</summary>
    public TimeSpan Document { get; init; } = TimeSpan.FromMinutes(2);

    public TimeSpan Probe { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Requests under way at one registry.</summary>
    public int Parallel { get; init; } = 6;

    /// <summary>Largest layer read, compressed. A descriptor may claim exabytes.</summary>
    public long CompressedBytes { get; init; } = 64L << 30;

    /// <summary>What a layer may unpack to.</summary>
    public UnpackLimits Unpack { get; init; } = new();

    /// <summary>Times in a row that a body is taken up again and then brings less than <see cref="ResumeBytes"/>.</summary>
    public int Resumes { get; init; } = 3;

    /// <summary>What makes a resumed body count as progress: a proxy that cuts each answer after half a minute is only slow.</summary>
    public long ResumeBytes { get; init; } = 4 << 20;

    /// <summary>For all fetches of one retrace, and the comparison at its end.</summary>
    public long RetraceBytes { get; init; } = 1 << 30;

    /// <inheritdoc cref="RetraceBytes"/>
    public TimeSpan RetraceTime { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Of a blob whose size nobody promised.</summary>
    public long UnpromisedBytes { get; init; } = 4 << 20;
}
