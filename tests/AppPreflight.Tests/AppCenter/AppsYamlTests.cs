using AppPreflight.Apps;
using AppPreflight.Images;
using AppPreflight.Ports;
using NUnit.Framework;

namespace AppPreflight.AppCenter;

public sealed class AppsYamlTests
{
    private const string Version = "versions: [{version: '1.0', images: [r.test/a:1]}]\n";

    private string root = "";

    [SetUp]
    public void MakeRoot()
    {
        root = Directory.CreateTempSubdirectory("apps").FullName;
        Directory.CreateDirectory(Path.Combine(root, AppsYaml.Folder));
    }

    [TearDown]
    public void RemoveRoot() => Directory.Delete(root, recursive: true);

    private void Write(string yaml, string name = "wiki.yaml") => File.WriteAllText(Path.Combine(root, AppsYaml.Folder, name), yaml);

    [Test]
    public void Reads_the_example_of_the_documentation()
    {
        Write(Example());
        Directory.CreateDirectory(Path.Combine(root, "opt/wiki"));
        File.WriteAllText(Path.Combine(root, "opt/wiki/.env"), "OTHER=1\nWIKI_VERSION=\"1.4.2\"\n");
        var reading = AppsYaml.Read(Fence.Around(root)!);
        Assert.Multiple(() =>
        {
            Assert.That(reading.InstalledVersions["wiki"], Is.EqualTo("1.4.2"));
            Assert.That(reading.Cache.Ucs, Is.Empty);
            Assert.That(reading.Cache.Releases.Select(each => each.Version.Text), Is.EqualTo(new[] { "1.4.2", "2.0.0", "3.1.0" }));
            Assert.That(reading.Cache.Releases[1].RequiredAppVersionUpgrade, Is.EqualTo(new AppVersion("1.4.0")));
            Assert.That(reading.Cache.Releases[1].Images!.For(UcrValues.Empty).Named, Is.EqualTo(new[] { "registry.example.org/wiki/app:2.0.0", "registry.example.org/wiki/db:15" }));
        });
    }

    private static string Example()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "docs", "apps.d.md")))
        {
            folder = folder.Parent;
        }

        string page = File.ReadAllText(Path.Combine(folder.FullName, "docs", "apps.d.md"));
        int start = page.IndexOf("```yaml\n", StringComparison.Ordinal) + 8;
        return page[start..page.IndexOf("```", start, StringComparison.Ordinal)];
    }

    [Test]
    public void Orders_versions_as_the_App_Center_does()
    {
        Write("id: a\nversions:\n- {version: 1.10, images: [i]}\n- {version: 1.9, images: [i]}\n- {version: 1.9 v2, images: [i]}\n");
        Assert.That(AppsYaml.Read(Fence.Around(root)!).Cache.Releases.Select(each => each.Version.Text), Is.EqualTo(new[] { "1.9", "1.9 v2", "1.10" }));
    }

    [Test]
    public void Takes_the_first_line_of_a_version_file()
    {
        Write("id: a\ninstalled: {file: /VERSION}\n" + Version);
        File.WriteAllText(Path.Combine(root, "VERSION"), " 1.0 \nmore\n");
        Assert.That(AppsYaml.Read(Fence.Around(root)!).InstalledVersions["a"], Is.EqualTo("1.0"));
    }

    [TestCase("")]
    [TestCase("installed: {file: /nowhere}\n")]
    [TestCase("installed: {file: /empty}\n")]
    [TestCase("installed: {file: /empty, key: V}\n")]
    public void Counts_an_app_as_not_installed_when_nothing_tells_its_version(string installed)
    {
        File.WriteAllText(Path.Combine(root, "empty"), "");
        Write("id: a\n" + installed + Version);
        Assert.That(AppsYaml.Read(Fence.Around(root)!).InstalledVersions, Is.Empty);
    }

    [Test]
    public void Takes_several_apps_of_one_file_and_leaves_other_files_alone()
    {
        Write("id: a\n" + Version + "---\nid: b\ninstalled: {version: '1.0'}\n" + Version);
        Write("not yaml: [", "README.md");
        Write("not yaml: [", ".hidden.yaml");
        var reading = AppsYaml.Read(Fence.Around(root)!);
        Assert.That(reading.Cache.Releases.Select(each => each.Id), Is.EqualTo(new[] { "a", "b" }));
        Assert.That(reading.InstalledVersions.Keys, Is.EqualTo(new[] { "b" }));
    }

    [TestCase("id: a\nrequire: x\n" + Version, 2, "'require' is not known")]
    [TestCase("id: a\nversions:\n- version: '1'\n  image: i\n  images: [i]\n", 4, "'image' is not known")]
    [TestCase("id: a\n", 1, "'versions' has to be a list")]
    [TestCase("id: a\nversions: []\n", 2, "'versions' has to be a list")]
    [TestCase("id: a\nversions:\n- {version: '1'}\n", 3, "'images' has to be a list")]
    [TestCase("id: a\nversions:\n- {images: [i]}\n", 3, "'version' is missing")]
    [TestCase("id: a\nversions:\n- {version: [1], images: [i]}\n", 3, "'version' has to be one line of text")]
    [TestCase("id: a\nversions:\n- {version: ~, images: [i]}\n", 3, "'version' has to be one line of text")]
    [TestCase("id: a\nversions:\n- {version: 1, images: ['a b']}\n", 3, "no image reference")]
    [TestCase("id: a\nversions:\n- {version: 1.0.1, images: [i]}\n- {version: 1.0-1, images: [i]}\n", 4, "neither older nor newer")]
    [TestCase("id: ../a\n" + Version, 1, "no app id")]
    [TestCase("id: a\ninstalled: {}\n" + Version, 2, "'installed' has either")]
    [TestCase("id: a\ninstalled: {version: '1', file: /x}\n" + Version, 2, "'installed' has either")]
    [TestCase("id: a\ninstalled: {file: /x/../../y}\n" + Version, 2, "may not contain ..")]
    [TestCase("id: a\ninstalled: {file: x}\n" + Version, 2, "has to begin with /")]
    [TestCase("id: &x a\n" + Version, 1, "anchors")]
    [TestCase("- a\n", 1, "a map is expected")]
    [TestCase("id: a\nname: @x\n", 2, "")]
    [TestCase("id: [[[[[[[[[[[[[[[[[[[[[[\n", 1, "nested too deeply")]
    public void Refuses_a_file_that_breaks_a_rule_and_names_the_line(string yaml, int line, string what)
    {
        Write(yaml);
        string file = Path.Combine(root, AppsYaml.Folder, "wiki.yaml");
        Assert.That(() => AppsYaml.Read(Fence.Around(root)!), Throws.TypeOf<SourceException>()
            .With.Message.Contains(what).And.Property("Subject").EqualTo($"{file}:{line}").And.Property("Fault").EqualTo(Fault.Malformed));
    }

    [Test]
    public void Refuses_a_key_that_occurs_twice()
    {
        Write("id: a\nid: b\n" + Version);
        Assert.That(() => AppsYaml.Read(Fence.Around(root)!), Throws.TypeOf<SourceException>().With.Message.Contains("uplicate").And.Property("Subject").EndsWith("wiki.yaml:2"));
    }

    [Test]
    public void Refuses_an_app_that_two_files_describe()
    {
        Write("id: a\n" + Version, "1.yaml");
        Write("id: a\n" + Version, "2.yaml");
        Assert.That(() => AppsYaml.Read(Fence.Around(root)!), Throws.TypeOf<SourceException>().With.Message.Contains("1.yaml").And.Property("Subject").EndsWith("2.yaml:1"));
    }

    [TestCase("id: a\nversions: [", "x,")]
    [TestCase("id: ", "a\n ")]
    [TestCase("", "? ")]
    [TestCase("", "a: &a\n")]
    [TestCase("", "---\n")]
    [TestCase("id: \"", "\\\\")]
    [TestCase("id: |\n", " \n")]
    [TestCase("", "- ")]
    [TestCase("id: a\nname: {", "b: ")]
    [TestCase("", "[")]
    [TestCase("", "{a,")]
    [TestCase("", "a:\n")]
    [TestCase("", "!a ")]
    public void Is_soon_done_with_the_largest_file_whatever_it_repeats(string start, string repeated)
    {
        Write(start + string.Concat(Enumerable.Repeat(repeated, (GuardedYaml.MaxBytes - start.Length) / repeated.Length)));
        var watch = System.Diagnostics.Stopwatch.StartNew();
        Assert.That(() => AppsYaml.Read(Fence.Around(root)!), Throws.TypeOf<SourceException>());
        Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromMinutes(1)));
    }

    private const string Marks = "\t\n :-[]{}'\"&*!|>%@#?,~\0\uFEFF";

    [Test]
    public void Answers_or_refuses_whatever_a_damaged_file_holds()
    {
        string example = Example();
        var random = new Random(20251007);
        for (int round = 0; round < 300; round++)
        {
            char[] damaged = example.ToCharArray();
            for (int change = random.Next(1, 6); change > 0; change--)
            {
                damaged[random.Next(damaged.Length)] = Marks[random.Next(Marks.Length)];
            }

            Write(new string(damaged));
            try
            {
                AppsYaml.Read(Fence.Around(root)!);
            }
            catch (SourceException refusal)
            {
                Assert.That(refusal.Subject, Does.Contain("wiki.yaml:"), new string(damaged));
            }
        }
    }

    [Test]
    public void Is_empty_without_the_folder() => Assert.That(AppsYaml.Read(Fence.Around(Directory.CreateDirectory(Path.Combine(root, "nowhere")).FullName)!).Cache.Releases, Is.Empty);
}
