using System.Diagnostics;
using AppPreflight.Apps;
using AppPreflight.Images;
using AppPreflight.Ports;
using AppPreflight.Upgrades;
using NUnit.Framework;

namespace AppPreflight.AppCenter;

public sealed class AppCenterFilesTests
{
    private ApplianceTree tree = null!;

    [SetUp]
    public void Plant() => tree = new ApplianceTree().Lists("5.2, 5.0").Install("demo", "1.0")
        .Offer("5.2", "demo_1", "1.0").Offer("5.2", "demo_2", "2.0").Offer("5.0", "demo_0", "0.9");

    [TearDown]
    public void Fell() => tree.Dispose();

    [Test]
    public void Reads_all_caches_in_the_order_of_the_list()
    {
        var reading = Read();
        Assert.That(reading.Catalog.Caches.Select(cache => $"{cache.Ucs}: {string.Join(' ', cache.Releases.Select(release => release.Version))}"),
            Is.EqualTo(new[] { "5.2: 1.0 2.0", "5.0: 0.9" }));
        Assert.That(reading.Appliance.Ucr["appcenter/apps/demo/version"], Is.EqualTo("1.0"));
        Assert.That(reading.Catalog.Notes, Is.Empty);
    }

    [Test]
    public void Tells_the_last_failed_pull_of_an_image_on_one_line_and_nothing_of_another()
    {
        tree.Write("var/log/univention/appcenter.log", """
            4711 docker                           25-10-07 12:00:00 [   ERROR]: Command docker pull r.test/demo:2.0 failed with: image config verification failed
            for digest\u001b[2J (1)

            """.Replace("\\u001b", "\u001b"));
        var files = new AppCenterFiles(tree.Root, TimeProvider.System);
        Assert.That(files.LastFailedPull("r.test/demo:2.0"), Does.StartWith("the App Center's last pull of r.test/demo:2.0 failed on 2025-10-07 12:00: image config verification failed")
            .And.Not.Contain("\u001b").And.Not.Contain("\n"));
        Assert.That(files.LastFailedPull("r.test/demo:1.0"), Is.Null);
    }

    [TestCase("5.2", "5.2 5.0")]
    [TestCase(" 5.0,5.2 ", "5.0 5.2")]
    [TestCase("5.2, 5.1", "5.2 5.1 5.0")]
    [TestCase(@"5\,2, 5.0", "5,2 5.0")]
    [TestCase(",5.2", ",5.2 5.0")]
    [TestCase("./5.2", "./5.2 5.0")]
    public void Splits_the_list_as_the_App_Center_does(string list, string order) =>
        Assert.That(string.Join(' ', CachesListed(list)), Is.EqualTo(order));

    [Test]
    public void Takes_the_next_UCS_version_while_a_release_update_runs()
    {
        tree.Write("var/lib/univention-updater/univention-updater.status", "status=RUNNING\nnext_version=5.3-0\n");
        Assert.That(Read().Catalog.Caches.Select(cache => cache.Ucs), Is.EqualTo(new[] { "5.3", "5.0" }));
    }

    [TestCase("../5.2")]
    [TestCase("/etc")]
    [TestCase("5.2/../../x")]
    public void Refuses_a_listed_name_that_leads_out_of_the_cache(string name)
    {
        tree.Lists(name);
        Assert.That(Failure().Message, Does.Contain(".ucs.ini").And.Contain("leads out"));
    }

    [TestCase("..")]
    [TestCase("https://..")]
    public void Refuses_a_server_that_makes_no_folder_name(string server)
    {
        tree.Set("repository/app_center/server", server);
        Assert.That(Failure().Message, Does.Contain("no folder name"));
    }

    [Test]
    public void Refuses_a_link_that_leads_out_of_the_cache()
    {
        tree.Write("elsewhere/demo_3.ini", "[Application]\n");
        File.CreateSymbolicLink(Path.Combine(tree.CacheOf("5.2"), "demo_3.ini"), Path.Combine(tree.Root, "elsewhere/demo_3.ini"));
        Assert.That(Failure().Message, Does.Contain("demo_3.ini leads out of"));
    }

    [Test]
    public void Refuses_a_cache_folder_that_leads_out_of_its_server()
    {
        Directory.CreateDirectory(Path.Combine(tree.Root, "elsewhere"));
        Directory.CreateSymbolicLink(tree.CacheOf("5.1"), Path.Combine(tree.Root, "elsewhere"));
        tree.Lists("5.2, 5.1");
        Assert.That(Failure().Message, Does.Contain("5.1 leads out of"));
    }

    [Test]
    public void Follows_a_link_within_the_cache()
    {
        File.CreateSymbolicLink(Path.Combine(tree.CacheOf("5.2"), "demo_3.ini"), Path.Combine(tree.CacheOf("5.2"), "demo_2.ini"));
        Assert.That(Read().Catalog.Caches[0].Releases, Has.Count.EqualTo(3));
    }

    [Test]
    public void Does_not_wait_on_a_pipe()
    {
        using var maker = Process.Start("mkfifo", Path.Combine(tree.CacheOf("5.2"), "demo_3.ini"));
        maker.WaitForExit();
        Assert.That(Failure().Message, Does.Contain("demo_3.ini is no regular file"));
    }

    [Test]
    public void Takes_a_folder_in_place_of_an_INI_file_for_an_empty_one()
    {
        Directory.CreateDirectory(Path.Combine(tree.CacheOf("5.2"), "demo_3.ini"));
        Assert.That(Read().Catalog.Caches[0].Releases, Has.Count.EqualTo(2));
    }

    [Test]
    public void Names_the_ignored_version()
    {
        tree.Offer("5.2", "demo_3", "3.0", "InstallPermissions = perhaps");
        Assert.That(Read().Catalog.Notes.Single().File, Does.EndWith("demo_3.ini"));
    }

    [TestCase("5.2/other_1.ini")]
    [TestCase("5.0/other_1.meta")]
    [TestCase(".ucs.ini")]
    [TestCase(".rating.ini")]
    [TestCase("5.2/demo_1.settings")]
    public void Stops_at_a_file_that_stops_the_whole_App_Center(string name)
    {
        tree.Write(Path.Combine(tree.CacheOf(""), name), "[5.2]\nSupportedUCSVersions = 5.2\nsupportedUCSversions = 5.0\n");
        if (name.EndsWith(".meta", StringComparison.Ordinal))
            tree.Offer("5.0", "other_1", "1.0");
        var failure = Failure();
        Assert.That(failure.Fault, Is.EqualTo(Fault.Malformed));
        Assert.That(failure.Subject, Does.EndWith(name + ":3"));
    }

    [Test]
    public void Stops_at_an_administrators_broken_settings_file()
    {
        tree.Write("var/lib/univention-appcenter/apps/demo/custom.settings", [0xff]);
        Assert.That(Failure().Subject, Does.Contain("demo/custom.settings"));
    }

    [Test]
    public void Minds_broken_categories_only_when_an_app_names_one()
    {
        tree.Write(Path.Combine(tree.CacheOf(""), ".app-categories.ini"), "[en]\na = 1\na = 2\n");
        Assert.That(Read().Catalog.Caches[0].Releases, Has.Count.EqualTo(2));
        tree.Offer("5.2", "demo_3", "3.0", "Categories = Business");
        Assert.That(Failure().Subject, Does.EndWith(".app-categories.ini:3"));
    }

    [Test]
    public void Does_no_harm_by_a_broken_file_of_a_cache_that_is_not_listed()
    {
        tree.InCache("4.4", "other_1.ini", "[Application]\nID = a\nid = b\n");
        Assert.That(Read().Catalog.Caches.Select(cache => cache.Ucs), Is.EqualTo(new[] { "5.2", "5.0" }));
    }

    [Test]
    public void Waits_until_the_cache_is_filled_again()
    {
        Empty("5.2");
        var clock = new EagerClock(_ => tree.Offer("5.2", "demo_5", "5.0"));
        Assert.That(Read(clock).Catalog.Caches[0].Releases.Single().Version.Text, Is.EqualTo("5.0"));
        Assert.That(clock.Waits, Is.EqualTo(1));
    }

    [Test]
    public void Gives_up_on_a_refresh_that_does_not_end()
    {
        Empty("5.2");
        var clock = new EagerClock(_ => { });
        Assert.That(Failure(clock).Fault, Is.EqualTo(Fault.Changing));
        Assert.That(clock.Waits, Is.EqualTo(AppCenterFiles.Tries - 1));
    }

    [Test]
    public void Takes_a_cache_that_was_never_filled_for_empty()
    {
        Directory.CreateDirectory(tree.CacheOf("5.1"));
        tree.Lists("5.1");
        Assert.That(Read().Catalog.Caches[0].Releases, Is.Empty);
    }

    [Test]
    public void Reports_a_parsed_copy_that_says_otherwise()
    {
        tree.InCache("5.2", ".all.tar", "");
        tree.InCache("5.2", ".apps.en.json", """
            [{"component_id": "demo_1", "id": "demo", "version": "1.0", "docker_image": "r.example.test/demo:1.0", "docker_allowed_images": [], "x": {"y": [1]}},
             {"component_id": "demo_2", "id": "demo", "version": "2.0", "docker_image": "evil.example.test/demo:2.0", "docker_allowed_images": []}]
            """);
        Assert.That(Read().Catalog.Notes.Single().Message, Does.Contain("docker_image 'evil.example.test/demo:2.0' for demo_2"));
    }

    [Test]
    public void Ignores_a_parsed_copy_that_is_older_than_the_archive()
    {
        tree.InCache("5.2", ".apps.en.json", """[{"component_id": "demo_1", "version": "7", "docker_image": "x"}]""");
        tree.InCache("5.2", ".all.tar", "");
        File.SetLastWriteTimeUtc(Path.Combine(tree.CacheOf("5.2"), ".apps.en.json"), new(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        Assert.That(Read().Catalog.Notes, Is.Empty);
    }

    [TestCase("[{")]
    [TestCase("{}")]
    [TestCase("[[[[]]]]")]
    [TestCase("")]
    public void Ignores_a_damaged_parsed_copy(string content)
    {
        tree.InCache("5.2", ".apps.en.json", content);
        Assert.That(Read().Catalog.Notes, Is.Empty);
    }

    [Test]
    public void Reads_which_packages_are_installed()
    {
        tree.Write("var/lib/dpkg/status", "Package: a\nStatus: install ok installed\nDescription: x\n Status: lies\n\nPackage: b\nStatus: deinstall ok config-files\n\n"
            + "Package: c\nStatus: install ok half-configured\n\nPackage: d\nDescription: " + new string('x', 3_000_000) + "\nStatus: install ok installed");
        Assert.That(Read().Appliance.InstalledPackages, Is.EquivalentTo(new[] { "a", "c", "d" }));
    }

    [Test]
    public void Tells_which_registry_keys_no_upgrade_can_change()
    {
        tree.Write("etc/univention/base-forced.conf", "# forced\n\nappcenter/apps/demo/image: own/demo:1\n");
        Assert.That(Read().Appliance.FixedKeys, Is.EquivalentTo(new[] { "appcenter/apps/demo/image" }));
    }

    [Test]
    public void Has_an_empty_catalogue_on_a_host_without_App_Center()
    {
        using var bare = new ApplianceTree();
        File.Delete(Path.Combine(bare.Root, "etc/univention/base.conf"));
        Assert.That(new AppCenterFiles(bare.Root, TimeProvider.System).ReadAsync(CancellationToken.None).Result.Catalog.Caches, Is.Empty);
    }

    [Test]
    public void Adds_the_apps_that_are_described_in_YAML_beside_the_App_Center()
    {
        tree.Write("etc/app-preflight/apps.d/wiki.yaml", "id: wiki\ninstalled: {version: '1'}\nversions:\n- {version: '1', images: ['r.example.test/wiki:1']}\n- {version: '2', images: ['r.example.test/wiki:2']}\n");
        tree.Write("etc/app-preflight/apps.d/demo.yaml", "id: demo\ninstalled: {version: '1'}\nversions:\n- {version: '1', images: ['r.example.test/demo:1']}\n");
        var reading = Read();
        var chain = ChainResolver.Resolve(reading.Catalog, reading.Appliance, "wiki", target: null, Releases.NoAnswers);
        Assert.That(chain.Steps.Single().Images.Named, Is.EqualTo(new[] { "r.example.test/wiki:2" }));
        Assert.That(reading.Catalog.Notes.Single().Message, Does.Contain("demo is not used"));
        Assert.That(ChainResolver.Resolve(reading.Catalog, reading.Appliance, "demo", target: null, Releases.NoAnswers).Versions(), Is.EqualTo(new[] { "2.0" }));
    }

    [Test]
    public void Leads_through_the_mandatory_steps_of_a_described_app_on_a_host_without_App_Center()
    {
        using var bare = new ApplianceTree();
        File.Delete(Path.Combine(bare.Root, "etc/univention/base.conf"));
        bare.Write("opt/wiki/.env", "WIKI_VERSION='1.4.2'\n").Write("etc/app-preflight/apps.d/wiki.yaml", """
            id: wiki
            installed: {file: /opt/wiki/.env, key: WIKI_VERSION}
            versions:
            - {version: 1.4.2, images: ['r.example.test/wiki:1.4.2']}
            - {version: 3.1.0, requires: 2.0.0, images: ['r.example.test/wiki:3.1.0']}
            - {version: 2.0.0, requires: 1.4.0, images: ['r.example.test/wiki:2.0.0', 'r.example.test/db:15']}
            """);
        var reading = new AppCenterFiles(bare.Root, TimeProvider.System).ReadAsync(CancellationToken.None).Result;
        var chain = ChainResolver.Resolve(reading.Catalog, reading.Appliance, "wiki", target: null, Releases.NoAnswers);
        Assert.That(InstalledApps.Of(reading.Catalog, reading.Appliance), Is.EqualTo(new[] { new InstalledApp("wiki", "1.4.2") }));
        Assert.That(chain.Installed!.Version.Text, Is.EqualTo("1.4.2"));
        Assert.That(chain.Versions(), Is.EqualTo(new[] { "2.0.0", "3.1.0" }));
        Assert.That(chain.Steps.Select(step => (step.Mode, step.Pulls, step.Refusals.Count)), Is.All.EqualTo((StepMode.Image, true, 0)));
        Assert.That(chain.Steps[0].Images.Pulled, Is.EqualTo(new[] { "r.example.test/wiki:2.0.0", "r.example.test/db:15" }));
        Assert.That(ChainResolver.Resolve(reading.Catalog, reading.Appliance, "wiki", new("2.0.0"), Releases.NoAnswers).Versions(), Is.EqualTo(new[] { "2.0.0" }));
    }

    [Test]
    public void Names_an_unreadable_registry_layer_by_file_and_line()
    {
        tree.Write("etc/univention/base-ldap.conf", [.. "# h\n\na: "u8, 0xff, (byte)'\n']);
        Assert.That(Failure().Subject, Does.EndWith("etc/univention/base-ldap.conf:3"));
    }

    [Test]
    public void Does_not_mind_the_age_of_a_registry_layer()
    {
        File.SetLastWriteTimeUtc(Path.Combine(tree.Root, "etc/univention/base.conf"), DateTime.UnixEpoch);
        Assert.That(Read().Catalog.Caches[0].Releases, Is.Not.Empty);
    }

    [Test]
    public void Stops_at_a_settings_file_in_which_an_option_occurs_twice()
    {
        tree.Write("var/lib/univention-appcenter/apps/demo/custom.settings", "[a]\nb = 1\nB = 2\n");
        Assert.That(Failure().Subject, Does.EndWith("demo/custom.settings:3"));
    }

    [Test]
    public void Asks_for_the_images_of_a_compose_app_with_its_run_directory()
    {
        tree.Offer("5.2", "demo_3", "3.0", "DockerMainService = web").InCache("5.2", "demo_3.compose", "services:\n  web:\n    image: r.example.test/web:@%@my/tag@%@\n  db:\n    image: r.example.test/db:1\n");
        tree.Set("my/tag", "3").Write("var/lib/univention-appcenter/apps/demo/compose/docker-compose.override.yml", "version: '2.0'\nservices:\n  db:\n    image: r.example.test/db:2\n");
        var reading = Read();
        var images = ChainResolver.Resolve(reading.Catalog, reading.Appliance, "demo", target: null, Releases.NoAnswers).Steps.Single().Images;
        Assert.That(images.Named, Is.EqualTo(new[] { "r.example.test/web:3", "r.example.test/db:1" }));
        Assert.That(images.Pulled, Is.EquivalentTo(new[] { "r.example.test/web:3", "r.example.test/db:2" }), images.Reason);
    }

    [Test]
    public void Stops_when_it_is_cancelled() =>
        Assert.That(async () => await new AppCenterFiles(tree.Root, TimeProvider.System).ReadAsync(new CancellationToken(canceled: true)),
            Throws.InstanceOf<OperationCanceledException>());

    [Test]
    public void Reads_or_refuses_whatever_the_files_hold()
    {
        string[] names = [".ucs.ini", "5.2/demo_1.ini", "5.2/demo_2.meta", "5.2/demo_2.settings", "5.2/demo_2.compose", "5.2/.apps.en.json", "5.0/demo_0.ini"];
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            tree.Write(Path.Combine(tree.CacheOf(""), names[random.Next(names.Length)]), Noise(random));
            try
            {
                Assert.That(Read().Catalog.Caches, Is.Not.Empty, $"seed {seed}");
            }
            catch (SourceException fault)
            {
                Assert.That(fault.Message, Does.Contain("/"), $"seed {seed}");
            }
        }
    }

    private static byte[] Noise(Random random)
    {
        string[] pieces = ["[Application]\n", "[5.2]\n", "[DEFAULT]\n", "SupportedUCSVersions", " = ", "5.2", ",", "\\,", "\n", " ", "ID=demo\n", "Version=2\n", "\u2028", "{", "[", "\"docker_image\":", "null", "}", "]", "\0", "../", "\t"];
        var text = string.Concat(Enumerable.Range(0, random.Next(30)).Select(_ => pieces[random.Next(pieces.Length)]));
        var content = System.Text.Encoding.UTF8.GetBytes(text);
        if (content.Length > 0 && random.Next(3) == 0)
            content[random.Next(content.Length)] = (byte)random.Next(256);
        return content;
    }

    private IEnumerable<string> CachesListed(string list)
    {
        tree.Lists(list);
        return Read().Catalog.Caches.Select(cache => cache.Ucs);
    }

    private void Empty(string ucs)
    {
        tree.InCache(ucs, ".all.tar", "");
        foreach (var file in Directory.GetFiles(tree.CacheOf(ucs), "*.ini"))
            File.Delete(file);
    }

    private AppCenterReading Read(TimeProvider? clock = null) =>
        new AppCenterFiles(tree.Root, clock ?? TimeProvider.System).ReadAsync(CancellationToken.None).GetAwaiter().GetResult();

    private SourceException Failure(TimeProvider? clock = null) => Assert.Throws<SourceException>(() => Read(clock))!;
}
