using AppPreflight.Images;

namespace AppPreflight.Ports;

/// <summary>What this host's kernel tells of its own hardware.</summary>
public interface IHostSigns
{
    /// <summary>The counters above zero and the recent complaints, as far as this user may read them; never throws.</summary>
    IReadOnlyList<HostSign> Read();
}
