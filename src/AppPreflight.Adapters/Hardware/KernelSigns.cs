using AppPreflight.Images;
using AppPreflight.Ports;

namespace AppPreflight.Hardware;

/// <summary>Reads the kernel's counters of faulty hardware, and the end of its log. Each of them is a hint, none a proof.</summary>
/// <param name="root">Below it lie <c>sys</c>, <c>proc</c> and <c>var/log</c>.</param>
internal sealed class KernelSigns(string root) : IHostSigns
{
    private const int MostSigns = 50;

    private readonly KernelFolder sys = new(Path.Combine(root, "sys"));
    private readonly KernelFolder proc = new(Path.Combine(root, "proc"));
    private readonly KernelFolder logs = new(Path.Combine(root, "var", "log"));

    public IReadOnlyList<HostSign> Read() =>
    [
        .. MemorySigns.In(sys, proc)
            .Concat(DiskSigns.In(sys))
            .Concat(NetworkSigns.In(sys, proc))
            .Concat(LogSigns.In(logs))
            .Take(MostSigns),
    ];
}
