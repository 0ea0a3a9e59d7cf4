using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.Hardware;

/// <summary>Errors of disks and of the file systems on them.</summary>
/// <remarks>Source: Linux, Documentation/ABI/testing/sysfs-fs-ext4 (errors_count), sysfs-block-device and drivers/scsi/scsi_sysfs.c (ioerr_cnt, in hex).</remarks>
internal static class DiskSigns
{
    public static IEnumerable<HostSign> In(KernelFolder sys) => FileSystems(sys).Concat(Devices(sys));

    private static IEnumerable<HostSign> FileSystems(KernelFolder sys)
    {
        foreach (var name in sys.Names("fs/ext4"))
        {
            var file = $"fs/ext4/{name}/errors_count";
            if (sys.Number(file) is > 0 and var count)
                yield return new(HostSignKind.Disk, sys[file], $"the ext4 file system on {Quote.Short(name)} has recorded {MemorySigns.Count(count, "error")} since it was last checked");
        }
    }

    private static IEnumerable<HostSign> Devices(KernelFolder sys)
    {
        foreach (var name in sys.Names("block"))
        {
            var file = $"block/{name}/device/ioerr_cnt";
            // an empty drive answers each question for its medium with an error
            if (sys.Number($"block/{name}/removable") is null or 0 && sys.Number(file) is > 0 and var count)
                yield return new(HostSignKind.Disk, sys[file], $"disk {Quote.Short(name)} ended {MemorySigns.Count(count, "command")} with an error since it was attached");
        }
    }
}
