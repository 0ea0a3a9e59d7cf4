using System.Text.Json;
using AppPreflight.Apps;
using AppPreflight.Ports;
using AppPreflight.Vectors;
using NUnit.Framework;

namespace AppPreflight.AppCenter;

public sealed class UcrFilesTests
{
    private string folder = "";

    [SetUp]
    public void MakeFolder() => folder = Directory.CreateTempSubdirectory("ucr").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(folder, recursive: true);

    [Test]
    public void Reads_every_registry_as_the_real_one_does() => VectorRun.AssertAllRight("ucr", Mismatch);

    private string? Mismatch(VectorCase each)
    {
        string place = Directory.CreateDirectory(Path.Combine(folder, Path.GetRandomFileName())).FullName;
        foreach (var file in each.Members("files"))
        {
            if (VectorCase.Bytes(file.Value) is { } content)
            {
                File.WriteAllBytes(Path.Combine(place, file.Name), content);
            }
        }

        try
        {
            var reading = UcrFiles.Read(Fence.Around(place));
            string? filtered = each.Text("filter") is { } filter ? UcrTemplate.Render(filter, key => reading.Values[key]) : null;
            return each.Expected.TryGetProperty("error", out var error) ? $"read, instead of {error}" : Differs(each.Expected, reading, filtered);
        }
        catch (Exception stop) when (stop is SourceException or FormatException)
        {
            return each.Expected.TryGetProperty("error", out _) ? null : $"stops: {stop.Message}";
        }
    }

    private static string? Differs(JsonElement expected, UcrReading found, string? filtered)
    {
        if (expected.GetProperty("count").GetInt32() != found.Values.Values.Count)
        {
            return $"{found.Values.Values.Count} keys";
        }

        if (expected.TryGetProperty("filtered", out var text) && text.GetString() != filtered)
        {
            return $"filtered to '{filtered}'";
        }

        return expected.GetProperty("values").EnumerateObject()
            .Where(each => Shown(each.Value) != Shown(found, each.Name))
            .Select(each => $"{each.Name}: {Shown(found, each.Name)} instead of {Shown(each.Value)}")
            .FirstOrDefault();
    }

    private static string Shown(JsonElement value) => value.ValueKind == JsonValueKind.Null ? "not set"
        : $"'{value.GetProperty("value").GetString()}' {value.GetProperty("layer").GetString()} {value.GetProperty("is_true").GetBoolean()} {value.GetProperty("is_false").GetBoolean()}";

    private static string Shown(UcrReading found, string key) => found.Values[key] is not { } value ? "not set"
        : $"'{value}' {found.Entries[key].Layer.ToString().ToLowerInvariant()} {found.Values.IsTrue(key)} {found.Values.IsFalse(key)}";

    [Test]
    public void Leaves_a_file_that_needs_repair_as_it_is()
    {
        File.WriteAllText(Path.Combine(folder, "base.conf"), "");
        File.WriteAllText(Path.Combine(folder, "base.conf.bak"), "# univention_ base.conf\n\na: 1\n");
        Assert.That(UcrFiles.Read(Fence.Around(folder)).Values["a"], Is.EqualTo("1"));
        Assert.That(File.ReadAllBytes(Path.Combine(folder, "base.conf")), Is.Empty);
        Assert.That(Directory.GetFiles(folder), Has.Length.EqualTo(2));
    }

    [Test]
    public void Names_the_default_that_never_ends()
    {
        File.WriteAllText(Path.Combine(folder, "base.conf"), "#\n\nloop: @%@loop@%@\n");
        File.WriteAllText(Path.Combine(folder, "base-defaults.conf"), "#\n\nport: @%@loop@%@\n");
        Assert.That(() => UcrFiles.Read(Fence.Around(folder)), Throws.TypeOf<SourceException>().With.Property("Subject").EqualTo("port"));
    }

    [Test]
    public void Stops_at_a_default_that_branches_into_itself()
    {
        File.WriteAllText(Path.Combine(folder, "base-defaults.conf"), "#\n\na: @%@a@%@x@%@a@%@\n");
        Assert.That(() => UcrFiles.Read(Fence.Around(folder)), Throws.TypeOf<SourceException>().With.Property("Subject").EqualTo("a"));
    }

    [Test]
    public void Names_the_line_that_is_not_UTF8()
    {
        File.WriteAllBytes(Path.Combine(folder, "base-ldap.conf"), [(byte)'#', (byte)'\n', (byte)'\n', 0xE4, (byte)'\n']);
        Assert.That(() => UcrFiles.Read(Fence.Around(folder)), Throws.TypeOf<SourceException>().With.Property("Subject").EndsWith("base-ldap.conf:3"));
    }

    [Test]
    public void Is_empty_where_there_is_no_registry() =>
        Assert.That(UcrFiles.Read(Fence.Around(Path.Combine(folder, "none"))).Values.Values, Is.Empty);
}
