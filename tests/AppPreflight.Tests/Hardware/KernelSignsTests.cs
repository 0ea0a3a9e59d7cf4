using System.Diagnostics;
using AppPreflight.Images;
using NUnit.Framework;

namespace AppPreflight.Hardware;

internal sealed class KernelSignsTests
{
    private string root;

    [SetUp]
    public void MakeRoot() => root = Directory.CreateTempSubdirectory("app-preflight-kernel-").FullName;

    [TearDown]
    public void RemoveRoot() => Directory.Delete(root, recursive: true);

    [Test]
    public void Counts_what_memory_controllers_corrected_and_could_not()
    {
        Write("sys/devices/system/edac/mc/mc0/ce_count", "12\n");
        Write("sys/devices/system/edac/mc/mc1/ue_count", "1\n");
        Write("sys/devices/system/edac/mc/mc1/ce_count", "0\n");
        Assert.That(Read(), Is.EqualTo(new[]
        {
            (HostSignKind.Memory, "memory controller mc0 corrected 12 errors of the memory since boot"),
            (HostSignKind.Memory, "memory controller mc1 could not correct 1 error of the memory since boot"),
        }));
        Assert.That(new KernelSigns(root).Read()[0].Where, Is.EqualTo($"{root}/sys/devices/system/edac/mc/mc0/ce_count"));
    }

    [Test]
    public void Counts_machine_checks_over_all_processors_but_not_the_polls()
    {
        Write("proc/interrupts", "            CPU0       CPU1\n   1:         9          0   IO-APIC    1-edge      i8042\n MCE:          2          1   Machine check exceptions\n MCP:        300        300   Machine check polls\n");
        Assert.That(Read(), Is.EqualTo(new[] { (HostSignKind.Memory, "the processor raised 3 machine checks since boot") }));
    }

    [Test]
    public void Counts_errors_of_file_systems_and_disks()
    {
        Write("sys/fs/ext4/sda1/errors_count", "3\n");
        Write("sys/fs/ext4/dm-0/errors_count", "0\n");
        Write("sys/fs/ext4/features/lazy_itable_init", "supported\n");
        Disk("sda", "0x11\n");
        Disk("sdb", "0x0\n");
        Disk("sr0", "0x7\n", removable: "1\n");
        Assert.That(Read(), Is.EqualTo(new[]
        {
            (HostSignKind.Disk, "the ext4 file system on sda1 has recorded 3 errors since it was last checked"),
            (HostSignKind.Disk, "disk sda ended 17 commands with an error since it was attached"),
        }));
    }

    [Test]
    public void Asks_only_network_cards_that_are_devices()
    {
        Card("eth0", hasDevice: true, errors: "5\n", sums: "4\n", changes: "9\n");
        Card("docker0", hasDevice: false, errors: "7\n", sums: "7\n", changes: "70\n");
        Card("eth1", hasDevice: true, errors: "0\n", sums: "0\n", changes: "3\n");
        Assert.That(Read(), Is.EqualTo(new[]
        {
            (HostSignKind.Network, "network card eth0 received 5 packets with an error"),
            (HostSignKind.Network, "network card eth0 received 4 packets with a wrong checksum (cable, plug, switch)"),
            (HostSignKind.Network, "the link of network card eth0 went up or down 9 times"),
        }));
    }

    [Test]
    public void Counts_packets_with_a_wrong_checksum_by_protocol()
    {
        Write("proc/net/snmp", "Ip: Forwarding DefaultTTL\nIp: 1 64\nTcp: InSegs InErrs InCsumErrors\nTcp: 10 0 2\nUdp: InDatagrams InCsumErrors\nUdp: 4 0\nIcmp: InMsgs InCsumErrors\nUdp: 4 9\n");
        Write("proc/net/netstat", "IpExt: InNoRoutes InCsumErrors\nIpExt: 0 1\n");
        Assert.That(Read(), Is.EqualTo(new[]
        {
            (HostSignKind.Network, "2 packets arrived with a wrong TCP checksum since boot"),
            (HostSignKind.Network, "1 packet arrived with a wrong IP checksum since boot"),
        }));
    }

    [Test]
    public void Quotes_the_last_complaint_of_the_log_without_the_name_of_the_host()
    {
        Write("var/log/kern.log", """
            Nov 21 12:00:00 secret-host kernel: [   11.0] EXT4-fs (sda1): mounted filesystem with ordered data mode
            Nov 21 12:00:01 secret-host kernel: [   12.0] blk_update_request: I/O error, dev sda, sector 4711
            2026-11-21T12:00:02+01:00 secret-host kernel: [   13.0] EXT4-fs error (device sda1): ext4_lookup:1855: inode #2
            Nov 21 12:00:03 secret-host kernel: [   14.0] mce: [Hardware Error]: CPU 0: Machine Check: 0 Bank 8
            Nov 21 12:00:04 secret-host sshd: I/O error, dev said by somebody else
            """);
        Assert.That(Read(), Is.EqualTo(new[]
        {
            (HostSignKind.Memory, "the kernel's log tells of memory or processor errors (1 line at its end), the last: \"[   14.0] mce: [Hardware Error]: CPU 0: Machine Check: 0 Bank 8\""),
            (HostSignKind.Disk, "the kernel's log tells of disk errors (2 lines at its end), the last: \"[   13.0] EXT4-fs error (device sda1): ext4_lookup:1855: inode #2\""),
        }));
    }

    [Test]
    public void Reads_no_more_of_a_large_log_than_its_end()
    {
        var quiet = string.Concat(Enumerable.Repeat("Nov 21 12:00:00 host kernel: [   11.0] all is well\n", 20_000));
        Write("var/log/kern.log", "Nov 21 12:00:00 host kernel: [    1.0] EXT4-fs error (device sda1)\n" + quiet);
        Assert.That(Read(), Is.Empty);
        File.AppendAllText(Path.Combine(root, "var/log/kern.log"), "Nov 21 12:00:00 host kernel: [   99.0] EXT4-fs error \e[31m(device sda1)\n");
        Assert.That(Read().Single().Sentence, Does.EndWith("\"[   99.0] EXT4-fs error  [31m(device sda1)\""));
    }

    [Test]
    public void Finds_nothing_where_there_is_nothing()
    {
        Assert.That(Read(), Is.Empty);
        Assert.That(new KernelSigns(Path.Combine(root, "absent")).Read(), Is.Empty);
        Assert.That(new KernelSigns("/dev/null").Read(), Is.Empty);
    }

    [TestCase("")]
    [TestCase("\n")]
    [TestCase("-1\n")]
    [TestCase("0x\n")]
    [TestCase("12_apples\n")]
    [TestCase("99999999999999999999999\n")]
    [TestCase("\0\u0001\uffff")]
    public void Takes_what_is_no_number_for_no_sign(string content)
    {
        Write("sys/devices/system/edac/mc/mc0/ce_count", content);
        Write("sys/fs/ext4/sda1/errors_count", content);
        Disk("sda", content);
        Card("eth0", hasDevice: true, content, content, content);
        Write("proc/net/snmp", $"Tcp: InCsumErrors\nTcp: {content}");
        Write("proc/interrupts", " MCE: " + content);
        Assert.That(Read(), Is.Empty);
    }

    [Test]
    public void Follows_links_of_the_kernel_and_none_that_lead_out()
    {
        Write("elsewhere/ce_count", "12\n");
        Write("sys/devices/real/ce_count", "34\n");
        Directory.CreateDirectory(Path.Combine(root, "sys/devices/system/edac/mc/mc2"));
        Link("sys/devices/system/edac/mc/mc0", "../../../../../elsewhere");
        Link("sys/devices/system/edac/mc/mc1", "../../../real");
        Link("sys/devices/system/edac/mc/mc2/ce_count", Path.Combine(root, "elsewhere/ce_count"));
        Assert.That(Read().Single().Sentence, Is.EqualTo("memory controller mc1 corrected 34 errors of the memory since boot"));
    }

    [Test]
    public void Waits_for_no_pipe_and_reads_no_device()
    {
        Pipe("sys/devices/system/edac/mc/mc0/ce_count");
        Pipe("proc/net/snmp");
        Pipe("proc/interrupts");
        Pipe("var/log/kern.log");
        Directory.CreateDirectory(Path.Combine(root, "sys/fs/ext4/sda1/errors_count"));
        var watch = Stopwatch.StartNew();
        Assert.That(Read(), Is.Empty);
        Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(5)));
    }

    [Test]
    public void Ends_however_many_devices_there_are()
    {
        for (var i = 0; i < 600; i++) Write($"sys/fs/ext4/sd{i}/errors_count", "1\n");
        Assert.That(Read(), Has.Count.EqualTo(50));
    }

    [Test]
    public void Answers_on_this_very_machine()
    {
        var signs = new KernelSigns("/").Read();
        Assert.That(signs.Select(sign => sign.Where), Has.All.StartsWith("/sys/").Or.StartsWith("/proc/").Or.StartsWith("/var/log/"));
        Assert.That(signs.Select(sign => sign.Sentence), Has.None.Contain("\n"));
    }

    private List<(HostSignKind Kind, string Sentence)> Read() => [.. new KernelSigns(root).Read().Select(sign => (sign.Kind, sign.Sentence))];

    private void Write(string name, string content)
    {
        var path = Path.Combine(root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
    }

    private void Disk(string name, string count, string removable = "0\n")
    {
        Write($"sys/devices/pci/host0/{name}/block/removable", removable);
        Write($"sys/devices/pci/host0/{name}/ioerr_cnt", count);
        Link($"sys/block/{name}", $"../devices/pci/host0/{name}/block");
        Link($"sys/devices/pci/host0/{name}/block/device", $"../../{name}");
    }

    private void Card(string name, bool hasDevice, string errors, string sums, string changes)
    {
        Write($"sys/devices/net/{name}/statistics/rx_errors", errors);
        Write($"sys/devices/net/{name}/statistics/rx_crc_errors", sums);
        Write($"sys/devices/net/{name}/carrier_changes", changes);
        if (hasDevice) Link($"sys/devices/net/{name}/device", "../../net");
        Link($"sys/class/net/{name}", $"../../devices/net/{name}");
    }

    private void Link(string name, string target)
    {
        var path = Path.Combine(root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.CreateSymbolicLink(path, target);
    }

    private void Pipe(string name)
    {
        var path = Path.Combine(root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var process = Process.Start(new ProcessStartInfo("mkfifo", [path]) { UseShellExecute = false })!;
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.Zero);
    }
}
