using System.Diagnostics;
using AppPreflight.Ports;
using AppPreflight.Runs;
using NUnit.Framework;

namespace AppPreflight.AppCenter;

[CancelAfter(60_000)]
internal sealed class ConfigFileTests
{
    private string root;
    private string file;

    [SetUp]
    public void MakeRoot()
    {
        root = Directory.CreateTempSubdirectory("config-").FullName;
        file = Path.Combine(root, "etc/app-preflight/config.yaml");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
    }

    [TearDown]
    public void RemoveRoot() => Directory.Delete(root, recursive: true);

    private AgentConfig Read(string yaml)
    {
        File.WriteAllText(file, yaml);
        return new ConfigFile(root, null).Read();
    }

    private SourceException Fault(string? named = null) => Assert.Throws<SourceException>(() => new ConfigFile(root, named).Read())!;

    [Test]
    public void Reads_every_key()
    {
        var config = Read("auto: check\napps:\n  kelvin: {auto: off}\n  wiki:\n    auto: heal\n  idle: {}\nnightly: 23:05\njitter: 720\nscrub: {rate: 50, minutes: 720}\nmetrics: /srv/metrics\n");
        Assert.That((config.Auto, config.Nightly, config.Jitter, config.MetricsFolder), Is.EqualTo((AutoMode.Check, new TimeOnly(23, 5), TimeSpan.FromHours(12), "/srv/metrics")));
        Assert.That(config.Scrub, Is.EqualTo(new ScrubBudget(50_000_000, TimeSpan.FromHours(12))));
        Assert.That((config.Of("kelvin"), config.Of("wiki"), config.Of("idle"), config.Of("other")), Is.EqualTo((AutoMode.Off, AutoMode.Heal, AutoMode.Check, AutoMode.Check)));
    }

    [TestCase(null)]
    [TestCase("")]
    [TestCase("# nothing\n")]
    [TestCase("---\n# nothing\n")]
    [TestCase("{}\n")]
    [TestCase("apps:\n")]
    [TestCase("scrub:\n")]
    [TestCase("scrub: {}\n")]
    [TestCase("scrub: {rate: 20}\n")]
    [TestCase("scrub:\n  minutes: 30\n")]
    [TestCase("apps:\n#  kelvin: {auto: off}\nauto: heal\n")]
    public void Is_as_usual_where_nothing_is_set(string? yaml)
    {
        if (yaml is not null) File.WriteAllText(file, yaml);
        var config = new ConfigFile(root, null).Read();
        Assert.That((config.Auto, config.Apps.Count, config.Nightly, config.Jitter, config.MetricsFolder),
            Is.EqualTo((AutoMode.Heal, 0, new TimeOnly(2, 0), TimeSpan.FromHours(1), "/var/lib/prometheus/node-exporter")));
        Assert.That(config.Scrub, Is.EqualTo(new ScrubBudget(20_000_000, TimeSpan.FromMinutes(30))));
    }

    [TestCase("off")]
    [TestCase("{minutes: 0}")]
    [TestCase("{rate: 1, minutes: 0}")]
    public void Takes_no_minutes_and_off_for_no_scrub(string scrub) => Assert.That(Read($"scrub: {scrub}\n").Scrub, Is.Null);

    [TestCase("on", "'scrub' is a map, as in 'scrub: {rate: 20, minutes: 30}', or off, not 'on'")]
    [TestCase("[1]", "'scrub' is a map, as in 'scrub: {rate: 20, minutes: 30}', or off")]
    [TestCase("{speed: 1}", "'speed' is not known here; known are rate, minutes")]
    [TestCase("{rate: 0}", "'rate' is a number of megabytes per second from 1 to 10000, not '0'")]
    [TestCase("{rate: 20 MB/s}", "'rate' is a number of megabytes per second from 1 to 10000, not '20 MB/s'")]
    [TestCase("{minutes: 721}", "'minutes' is a number of minutes a night from 0 to 720, not '721'")]
    [TestCase("{minutes: -1}", "'minutes' is a number of minutes a night from 0 to 720, not '-1'")]
    [TestCase("{minutes: [1]}", "'minutes' is a number of minutes a night from 0 to 720")]
    public void Says_what_a_scrub_may_be(string scrub, string sentence)
    {
        File.WriteAllText(file, $"auto: heal\nscrub: {scrub}\n");
        var fault = Fault();
        Assert.That(fault.Message, Does.Contain(sentence));
        Assert.That(fault.Subject, Is.EqualTo($"{file}:2"));
    }

    [TestCase("02:00")]
    [TestCase("'02:00'")]
    [TestCase("\"2:00\"")]
    [TestCase("2:00")]
    public void Takes_a_time_as_people_type_it(string time) => Assert.That(Read($"nightly: {time}\n").Nightly, Is.EqualTo(new TimeOnly(2, 0)));

    [TestCase("off")]
    [TestCase("'off'")]
    public void Takes_off_for_a_word(string off)
    {
        var config = Read($"auto: {off}\nnightly: {off}\nmetrics: {off}\n");
        Assert.That((config.Auto, config.Nightly, config.MetricsFolder), Is.EqualTo((AutoMode.Off, (TimeOnly?)null, (string?)null)));
    }

    [TestCase("auto: on\n", 1, "'auto' is heal, check or off, not 'on'.")]
    [TestCase("auto: [heal]\n", 1, "'auto' is heal, check or off.")]
    [TestCase("jitter: 5\nauto:\n", 2, "'auto' is heal, check or off.")]
    [TestCase("apps:\n  a: {auto: x}\n", 2, "'auto of a' is heal, check or off, not 'x'.")]
    [TestCase("apps:\n  a: heal\n", 2, "as in 'a: {auto: check}'.")]
    [TestCase("apps:\n  a: {atuo: heal}\n", 2, "'atuo' is not known here; known are auto.")]
    [TestCase("apps:\n  ../a: {auto: off}\n", 2, "is no app id")]
    [TestCase("apps: [a]\n", 1, "'apps' has to be a map")]
    [TestCase("apps:\n  a: {}\n  a: {}\n", 3, "")]
    [TestCase("apps:\n  a: {auto: off}\n  !!str a: {auto: heal}\n", 3, "'a' is there twice")]
    [TestCase("nightly: 24:00\n", 1, "'nightly' is a time of day from 00:00 to 23:59, or off, not '24:00'.")]
    [TestCase("nightly: 2\n", 1, "or off, not '2'.")]
    [TestCase("nightly: 02:00:00\n", 1, "or off")]
    [TestCase("jitter: -1\n", 1, "'jitter' is a number of minutes from 0 to 720, not '-1'.")]
    [TestCase("jitter: 721\n", 1, "from 0 to 720")]
    [TestCase("jitter: 99999999999\n", 1, "from 0 to 720")]
    [TestCase("jitter: 1.5\n", 1, "from 0 to 720")]
    [TestCase("metrics: here\n", 1, "begins with /")]
    [TestCase("metrics: /a/../b\n", 1, "no ..")]
    [TestCase("metrics: \"/a\\0b\"\n", 1, "begins with /")]
    [TestCase("# x\nwhat: 1\n", 2, "'what' is not known here; known are auto, apps, nightly, jitter, scrub, metrics.")]
    [TestCase("- auto\n", 1, "a map is expected")]
    [TestCase("auto\n", 1, "a map is expected")]
    [TestCase("auto: heal\n---\nauto: off\n", 3, "one document is enough")]
    [TestCase("auto: &a heal\n", 1, "anchors")]
    [TestCase("a: &a {b: *a}\n", 1, "anchors")]
    [TestCase("apps: {{{{{{{{{{{{{{{{{{{{{{{{\n", 1, "nested too deeply")]
    [TestCase("auto: \"heal\n", 1, "")]
    public void Refuses_what_it_does_not_know_and_names_the_line(string yaml, int line, string what)
    {
        var fault = Assert.Throws<SourceException>(() => Read(yaml))!;
        Assert.That(fault.Fault, Is.EqualTo(Images.Fault.Malformed));
        Assert.That(fault.Message, Does.Contain(what).And.Not.Contain("\n").And.EndWith("."));
        Assert.That(fault.Subject, Does.StartWith(file + ":"));
        if (what.Length > 0) Assert.That(fault.Subject, Is.EqualTo($"{file}:{line}"));
    }

    [Test]
    public void Refuses_bytes_that_are_no_text()
    {
        File.WriteAllBytes(file, [0x61, 0xff, 0xfe]);
        Assert.That(Fault().Message, Does.Contain("UTF-8"));
    }

    [Test]
    public void Refuses_a_gigabyte_without_reading_it()
    {
        using (var large = File.Create(file)) large.SetLength(1L << 30);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.That(Fault().Message, Does.Contain("larger than 262144 bytes"));
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(2 << 20));
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Does_not_wait_at_a_pipe(bool isNamed)
    {
        using (var made = Process.Start("mkfifo", [file])) made.WaitForExit();
        Assert.That(Fault(isNamed ? file : null).Message, Is.EqualTo($"{file} is no regular file."));
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Refuses_a_folder(bool isNamed)
    {
        Directory.CreateDirectory(file);
        Assert.That(Fault(isNamed ? file : null).Message, Is.EqualTo($"{file} is a folder."));
    }

    [Test]
    public void Follows_no_link_out_of_the_root()
    {
        var outside = Path.GetTempFileName();
        File.CreateSymbolicLink(file, outside);
        Assert.That(Fault().Message, Does.Contain("leads out of"));
        File.Delete(outside);
    }

    [Test]
    public void Takes_a_named_file_from_anywhere_through_links_too()
    {
        var outside = Directory.CreateTempSubdirectory("config-").FullName;
        File.WriteAllText(Path.Combine(outside, "a.yaml"), "auto: off\n");
        File.CreateSymbolicLink(Path.Combine(outside, "b.yaml"), Path.Combine(outside, "a.yaml"));
        File.WriteAllText(file, "auto: check\n");
        var named = new ConfigFile(root, Path.Combine(outside, "b.yaml"));
        Assert.That((named.Read().Auto, named.FullName), Is.EqualTo((AutoMode.Off, Path.Combine(outside, "b.yaml"))));
        Directory.Delete(outside, recursive: true);
    }

    [Test]
    public void Misses_a_named_file_that_is_not_there()
    {
        var fault = Fault("/nowhere/config.yaml");
        Assert.That((fault.Fault, fault.Message, fault.Subject), Is.EqualTo((Images.Fault.Missing, "/nowhere/config.yaml is not there.", "/nowhere/config.yaml")));
    }

    [TestCase("a: [", "x,")]
    [TestCase("", "? ")]
    [TestCase("auto: \"", "\\\\")]
    [TestCase("", "- ")]
    [TestCase("", "---\n")]
    [TestCase("apps:\n", "  a: {}\n")]
    public void Is_soon_done_with_the_largest_file_whatever_it_repeats(string start, string repeated) =>
        Assert.That(() => Read(start + string.Concat(Enumerable.Repeat(repeated, (GuardedYaml.MaxBytes - start.Length) / repeated.Length))), Throws.TypeOf<SourceException>());
}
