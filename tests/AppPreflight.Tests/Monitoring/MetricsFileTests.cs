using NUnit.Framework;

namespace AppPreflight.Monitoring;

internal sealed class MetricsFileTests
{
    private static readonly Measurements told = new() { Version = "0.2.0", Started = DateTimeOffset.UnixEpoch };

    private string folder;
    private string file;

    [SetUp]
    public void MakeFolder()
    {
        folder = Directory.CreateTempSubdirectory("metrics-").FullName;
        file = Path.Combine(folder, MetricsFile.Name);
    }

    [TearDown]
    public void RemoveFolder() => Directory.Delete(folder, recursive: true);

    private IEnumerable<string?> Names => Directory.GetFileSystemEntries(folder).Select(Path.GetFileName);

    [Test]
    public void Leaves_one_whole_file_that_everybody_may_read()
    {
        for (var i = 0; i < 2; i++) Assert.That(MetricsFile.Write(folder, told), Is.Null);
        Assert.That(File.ReadAllText(file), Is.EqualTo(MetricsText.Of(told)));
        Assert.That(Convert.ToString((int)File.GetUnixFileMode(file), 8), Is.EqualTo("644"));
        Assert.That(Names, Is.EqualTo(new[] { MetricsFile.Name }));
    }

    [Test]
    public void Makes_no_folder()
    {
        var missing = Path.Combine(folder, "missing");
        Assert.That(MetricsFile.Write(missing, told), Is.Null);
        Assert.That(MetricsFile.Remove(missing), Is.Null);
        Assert.That(Directory.Exists(missing), Is.False);
    }

    [TestCase(MetricsFile.Name)]
    [TestCase(MetricsFile.Name + ".tmp")]
    public void Writes_through_no_link(string name)
    {
        var victim = Path.Combine(folder, "victim");
        File.WriteAllText(victim, "untouched");
        File.CreateSymbolicLink(Path.Combine(folder, name), victim);
        Assert.That(MetricsFile.Write(folder, told), Is.Null);
        Assert.That(File.ReadAllText(victim), Is.EqualTo("untouched"));
        Assert.That(new FileInfo(file).LinkTarget, Is.Null);
        Assert.That(File.ReadAllText(file), Is.EqualTo(MetricsText.Of(told)));
    }

    [Test]
    public void Takes_the_place_of_what_a_crash_left()
    {
        File.WriteAllText(file + ".tmp", "half a li");
        Assert.That(MetricsFile.Write(folder, told), Is.Null);
        Assert.That(Names, Is.EqualTo(new[] { MetricsFile.Name }));
    }

    [TestCase(MetricsFile.Name)]
    [TestCase(MetricsFile.Name + ".tmp")]
    public void Says_in_one_sentence_what_is_in_the_way(string name)
    {
        Directory.CreateDirectory(Path.Combine(folder, name, "full"));
        Assert.That(MetricsFile.Write(folder, told), Does.StartWith($"{file} can't be written: ").And.Not.Contain("\n"));
        Assert.That(Names, Is.EqualTo(new[] { name }), "nothing half done is left");
    }

    [Test]
    public void Removes_its_file_and_no_other()
    {
        MetricsFile.Write(folder, told);
        File.WriteAllText(Path.Combine(folder, "other.prom"), "");
        Assert.That(MetricsFile.Remove(folder), Is.Null);
        Assert.That(MetricsFile.Remove(folder), Is.Null);
        Assert.That(Names, Is.EqualTo(new[] { "other.prom" }));
    }
}
