using System.Globalization;
using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.Hardware;

/// <summary>Errors of network cards, and what arrived with a wrong checksum.</summary>
/// <remarks>Source: Linux, Documentation/ABI/testing/sysfs-class-net and -statistics; net/ipv4/proc.c (InCsumErrors of snmp and netstat).</remarks>
internal static class NetworkSigns
{
    private const string Cards = "class/net";

    // a card that is set up goes up once, and often down and up again while its speed is negotiated
    private const ulong OrdinaryChanges = 3;
    private const int MostStatistics = 64 << 10;

    public static IEnumerable<HostSign> In(KernelFolder sys, KernelFolder proc) =>
        sys.Names(Cards).Where(name => sys.Has($"{Cards}/{name}/device")).SelectMany(name => Of(sys, name))
            .Concat(Checksums(proc, "net/snmp")).Concat(Checksums(proc, "net/netstat"));

    private static IEnumerable<HostSign> Of(KernelFolder sys, string card)
    {
        var name = Quote.Short(card);
        var (all, wrong, changes) = ($"{Cards}/{card}/statistics/rx_errors", $"{Cards}/{card}/statistics/rx_crc_errors", $"{Cards}/{card}/carrier_changes");
        if (sys.Number(all) is > 0 and var errors)
            yield return new(HostSignKind.Network, sys[all], $"network card {name} received {MemorySigns.Count(errors, "packet")} with an error");
        if (sys.Number(wrong) is > 0 and var sums)
            yield return new(HostSignKind.Network, sys[wrong], $"network card {name} received {MemorySigns.Count(sums, "packet")} with a wrong checksum (cable, plug, switch)");
        if (sys.Number(changes) is > OrdinaryChanges and var flaps)
            yield return new(HostSignKind.Network, sys[changes], $"the link of network card {name} went up or down {MemorySigns.Count(flaps, "time")}");
    }

    // lines in pairs, the names and then their numbers: "Tcp: A B" and "Tcp: 1 2"
    private static IEnumerable<HostSign> Checksums(KernelFolder proc, string file)
    {
        var lines = proc.Text(file, MostStatistics)?.Split('\n') ?? [];
        for (var i = 0; i + 1 < lines.Length; i++)
        {
            var (names, numbers) = (lines[i].Split(' '), lines[i + 1].Split(' '));
            var at = Array.IndexOf(names, "InCsumErrors");
            if (at <= 0 || names[0] != numbers[0] || at >= numbers.Length) continue;
            if (ulong.TryParse(numbers[at], NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0)
            {
                var protocol = Quote.Short(names[0].TrimEnd(':').Replace("Ext", "", StringComparison.Ordinal).ToUpperInvariant(), 20);
                yield return new(HostSignKind.Network, proc[file], $"{MemorySigns.Count(count, "packet")} arrived with a wrong {protocol} checksum since boot");
            }
        }
    }
}
