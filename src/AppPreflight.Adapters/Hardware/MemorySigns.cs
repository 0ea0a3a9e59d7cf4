using System.Globalization;
using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.Hardware;

/// <summary>Errors of memory and processor.</summary>
/// <remarks>Source: Linux, Documentation/admin-guide/RAS/main.rst (EDAC), arch/x86/kernel/irq.c (the MCE line of /proc/interrupts).</remarks>
internal static class MemorySigns
{
    private const string Controllers = "devices/system/edac/mc";
    private const int MostInterrupts = 1 << 20;

    public static IEnumerable<HostSign> In(KernelFolder sys, KernelFolder proc) =>
        sys.Names(Controllers).Where(IsController).SelectMany(name => Of(sys, name)).Concat(MachineChecks(proc));

    private static bool IsController(string name) => name.Length > 2 && name.StartsWith("mc", StringComparison.Ordinal) && char.IsAsciiDigit(name[2]);

    private static IEnumerable<HostSign> Of(KernelFolder sys, string controller)
    {
        foreach (var (counter, what) in new[] { ("ce_count", "corrected"), ("ue_count", "could not correct") })
        {
            var file = $"{Controllers}/{controller}/{counter}";
            if (sys.Number(file) is > 0 and var count)
                yield return new(HostSignKind.Memory, sys[file], $"memory controller {Quote.Short(controller)} {what} {Count(count, "error")} of the memory since boot");
        }
    }

    private static IEnumerable<HostSign> MachineChecks(KernelFolder proc)
    {
        const string file = "interrupts";
        var line = proc.Text(file, MostInterrupts)?.Split('\n').FirstOrDefault(line => line.AsSpan().TrimStart().StartsWith("MCE:", StringComparison.Ordinal));
        if (line is null) yield break;
        var count = line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1)
            .TakeWhile(word => char.IsAsciiDigit(word[0])).Aggregate(0ul, static (sum, word) => sum + Parse(word));
        if (count > 0) yield return new(HostSignKind.Memory, proc[file], $"the processor raised {Count(count, "machine check")} since boot");
    }

    private static uint Parse(string word) => uint.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : 0;

    /// <summary>"1 error", "12 errors".</summary>
    public static string Count(ulong count, string noun) => string.Create(CultureInfo.InvariantCulture, $"{count} {noun}{(count == 1 ? "" : "s")}");
}
