using System.Text;
using System.Text.Json;
using AppPreflight.Apps;
using AppPreflight.Ports;
using AppPreflight.Vectors;
using NUnit.Framework;

namespace AppPreflight.AppCenter;

public sealed class ReleaseReaderTests
{
    private static IEnumerable<string> Families => VectorFile.Present("ini", "real-ini");

    [TestCaseSource(nameof(Families))]
    public void Reads_every_version_as_the_App_Center_does(string family) => VectorRun.AssertAllRight(family, Mismatch);

    private static string? Mismatch(VectorCase each)
    {
        string expected = each.Expected.GetProperty("result").GetString()!;
        ReleaseReading reading;
        try
        {
            reading = ReleaseReader.Read(FilesOf(each));
        }
        catch (SourceException stop)
        {
            return expected == "crash" ? null : $"stops with '{stop.Message}' instead of {expected}";
        }

        string found = reading.Release is null ? "ignored" : "app";
        if (expected != found)
        {
            return $"{found} ({reading.Ignored}) instead of {expected}";
        }

        string[] unparseable = each.Expected.TryGetProperty("unparseable", out var list) ? [.. list.EnumerateArray().Select(name => name.GetString()!)] : [];
        return !unparseable.ToHashSet().SetEquals(reading.Unparseable.Keys) ? $"unparseable: {string.Join(',', reading.Unparseable.Keys)}"
            : reading.Release is { } release ? AttributesDiffer(each.Expected, release)
            : ComplaintDiffers(each.Expected, reading.Ignored!);
    }

    private static string? ComplaintDiffers(JsonElement expected, IgnoredVersion found)
    {
        var wanted = new IgnoredVersion(expected.GetProperty("attribute").GetString()!, expected.GetProperty("message").GetString()!);
        return wanted == found ? null : $"{found} instead of {wanted}";
    }

    private static string? AttributesDiffer(JsonElement expected, AppRelease found)
    {
        var wrong = expected.GetProperty("attributes").EnumerateObject()
            .Where(attribute => Normal(attribute.Value) != Normal(ValueOf(found, attribute.Name)))
            .Select(attribute => $"{attribute.Name}: {Normal(ValueOf(found, attribute.Name))} instead of {Normal(attribute.Value)}")
            .ToList();
        if (expected.GetProperty("docker").GetBoolean() != found.IsDocker || expected.GetProperty("compose").GetBoolean() != found.UsesCompose)
        {
            wrong.Add("docker or compose");
        }

        return wrong.Count == 0 ? null : string.Join("; ", wrong);
    }

    private static string Normal(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => "[" + string.Join("|", value.EnumerateArray().Select(Normal)) + "]",
        JsonValueKind.String => $"'{value.GetString()}'",
        _ => value.GetRawText(),
    };

    private static string Normal(object? value) => value switch
    {
        null => "null",
        bool flag => flag ? "true" : "false",
        IReadOnlyList<string> list => "[" + string.Join("|", list.Select(each => $"'{each}'")) + "]",
        long number => number.ToString(),
        _ => $"'{value}'",
    };

    private static object? ValueOf(AppRelease release, string attribute) => attribute switch
    {
        "id" => release.Id,
        "code" => release.Code,
        "name" => release.Name,
        "version" => release.Version,
        "docker_image" => release.DockerImage,
        "docker_main_service" => release.DockerMainService,
        "docker_allowed_images" => release.DockerAllowedImages,
        "docker_inject_env_file" => release.DockerInjectEnvFile,
        "docker_migration_works" => release.DockerMigrationWorks,
        "docker_migration_link" => release.DockerMigrationLink,
        "required_app_version_upgrade" => release.RequiredAppVersionUpgrade,
        "supported_ucs_versions" => release.SupportedUcsVersions,
        "required_ucs_version" => release.RequiredUcsVersion,
        "install_permissions" => release.InstallPermissions,
        "plugin_of" => release.PluginOf,
        "end_of_life" => release.EndOfLife,
        "vote_for_app" => release.VoteForApp,
        "min_free_disk_space" => release.MinFreeDiskSpace,
        "min_physical_ram" => release.MinPhysicalRam,
        "server_role" => release.ServerRole,
        "required_apps" => release.RequiredApps,
        "required_apps_in_domain" => release.RequiredAppsInDomain,
        "conflicted_apps" => release.ConflictedApps,
        "conflicted_system_packages" => release.ConflictedSystemPackages,
        "notify_vendor" => release.NotifyVendor,
        "without_repository" => release.WithoutRepository,
        "default_packages" => release.DefaultPackages,
        _ => throw new ArgumentException($"The reader has no attribute '{attribute}'."),
    };

    private static ReleaseFiles FilesOf(VectorCase each)
    {
        var contents = each.Members("other_files").ToDictionary(file => file.Name, file => VectorCase.Bytes(file.Value));
        contents["ini"] = each.Bytes("ini");
        contents["meta"] = each.Bytes("meta");
        return Files(contents, each.Text("component_id")!, each.Text("ucs")!, each.Text("locale")!);
    }

    private static ReleaseFiles Files(Dictionary<string, byte[]?> contents, string component = "demo_1", string ucs = "5.2", string locale = "en") => new()
    {
        ComponentId = component,
        Ucs = ucs,
        Locale = locale,
        Folder = "/cache/5.2",
        Companions = contents.Where(file => file.Value is not null).Select(file => file.Key).ToHashSet(),
        Read = extension => contents[extension],
    };

    private static ReleaseFiles Demo(string more = "", string? extension = null, byte[]? content = null)
    {
        var contents = new Dictionary<string, byte[]?> { ["ini"] = Encoding.UTF8.GetBytes("[Application]\nID=demo\nCode=DM\nName=Demo\nVersion=1.0\n" + more) };
        if (extension is not null)
        {
            contents[extension] = content;
        }

        return Files(contents);
    }

    [Test]
    public void Names_file_and_line_of_an_option_that_occurs_twice() => Assert.That(
        () => ReleaseReader.Read(Demo("version = 2\n")),
        Throws.TypeOf<SourceException>().With.Property("Subject").EqualTo("/cache/5.2/demo_1.ini:6").And.Property("Fault").EqualTo(Fault.Malformed));

    [Test]
    public void Stops_at_a_doubled_option_in_the_settings_of_a_visible_version() => Assert.That(
        () => ReleaseReader.Read(Demo(extension: "settings", content: "[a]\nType=String\ntype=String\n"u8.ToArray())),
        Throws.TypeOf<SourceException>().With.Property("Subject").EqualTo("/cache/5.2/demo_1.settings:3"));

    [TestCase("README_UPDATE_EN")]
    [TestCase("LICENSE_AGREEMENT")]
    public void Stops_at_a_text_of_the_callers_language_that_is_not_UTF8(string extension) => Assert.That(
        () => ReleaseReader.Read(Demo(extension: extension, content: [0x66, 0xFC, 0x72])),
        Throws.TypeOf<SourceException>().With.Property("Subject").EqualTo("/cache/5.2/demo_1." + extension));

    [TestCase("README_UPDATE_DE")]
    [TestCase("logo")]
    public void Leaves_files_alone_that_the_App_Center_does_not_load(string extension) =>
        Assert.That(ReleaseReader.Read(Demo(extension: extension, content: [0x66, 0xFC, 0x72])).Release, Is.Not.Null);

    [Test]
    public void Names_the_image_of_a_single_container() =>
        Assert.That(ReleaseReader.Read(Demo("DockerImage = r.test/a:1")).Release!.Images!.For(UcrValues.Empty).Named, Is.EqualTo(new[] { "r.test/a:1" }));

    [Test]
    public void Says_so_when_a_container_app_names_no_image() =>
        Assert.That(ReleaseReader.Read(Demo("DockerMainService = web")).Release!.Images!.For(UcrValues.Empty).Error, Is.EqualTo("no-image"));

    [Test]
    public void Gives_a_plugin_no_image_of_its_own() =>
        Assert.That(ReleaseReader.Read(Demo("DockerImage = r.test/a:1\nPluginOf = base")).Release!.Images, Is.Null);
}
