using System.Text;
using NUnit.Framework;

namespace AppPreflight.Oci;

internal sealed class ConfigDetailsTests
{
    // what a forger would write so that two fields look like one
    [TestCase("""{"config":{"Entrypoint":["/evil"]},"config.Entrypoint":["/good"]}""", """{"config":{"Entrypoint":["/good"]}}""")]
    [TestCase("""{"config.Entrypoint":["/good"]}""", """{"config":{"Entrypoint":["/good"]}}""")]
    [TestCase("""{"config":{"Env.PATH":"x"}}""", """{"config":{"Env":["PATH=x"]}}""")]
    [TestCase("""{"config":{"Env":["A=1","A=2"]}}""", """{"config":{"Env":["A=2"]}}""")]
    [TestCase("""{"config":{"Env":["A=1","A=2"]}}""", """{"config":{"Env":["A=3","A=2"]}}""")]
    [TestCase("""{"config":{"Entrypoint":["/a"]}}""", """{"Config":{"Entrypoint":["/a"]}}""")]
    public void Tells_apart_what_engines_tell_apart(string one, string other) => Assert.That(FieldsOf(one), Is.Not.EquivalentTo(FieldsOf(other)));

    [TestCase("""{"config":{"Labels":{"org.example.x":"1"}}}""", "config.Labels.org.example.x")]
    [TestCase("""{"os.version":"10"}""", "os.version")]
    [TestCase("""{"config":{"Env":["A.B=1"]}}""", "config.Env.A.B")]
    public void Has_a_plain_name_for_an_honest_field(string json, string name) => Assert.That(FieldsOf(json).Keys, Is.EqualTo(new[] { name }));

    private static IReadOnlyDictionary<string, string> FieldsOf(string json) =>
        DocumentFields.Of(System.Text.Json.JsonDocument.Parse(json).RootElement, "", static _ => true);

    [Test]
    public void Tells_all_but_the_layers_as_fields()
    {
        var details = Parse("""
            {"os":"linux","architecture":"amd64","created":"2025-03-14T10:10:10Z","author":"a","docker_version":"","rootfs":{"diff_ids":[]},
             "config":{"Env":["PATH=/bin:/sbin","A=b=c","E="],"Cmd":["a \u0026\u0026 b", "ü"],"Entrypoint":[],"Volumes":{"/data":{},"/a.b":null},"ExposedPorts":{"80/tcp":{}},
                       "Labels":{"a.b":"c","empty":""},"Tty":false,"ArgsEscaped":true,"StopTimeout":0,"Healthcheck":{"Interval":5,"Test":["CMD", "x"]},"Image":null}}
            """);
        Assert.That(details.Fields, Is.EqualTo(new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["author"] = "a",
            ["config.ArgsEscaped"] = "true",
            ["config.Cmd"] = "[\"a && b\",\"ü\"]",
            ["config.Env.A"] = "b=c",
            ["config.Env.E"] = "",
            ["config.Env.PATH"] = "/bin:/sbin",
            ["config.ExposedPorts.80/tcp"] = "{}",
            ["config.Healthcheck.Interval"] = "5",
            ["config.Healthcheck.Test"] = "[\"CMD\",\"x\"]",
            ["config.Labels.a.b"] = "c",
            ["config.Volumes./a.b"] = "null",
            ["config.Volumes./data"] = "{}",
        }));
    }

    [TestCase("same", "same", null)]
    [TestCase("own", "other", "own")]
    [TestCase("own", null, "own")]
    [TestCase(null, "other", null)]
    public void Leaves_the_newest_steps_comment_to_the_step(string? own, string? last, string? expected)
    {
        static string Quoted(string? text) => text is null ? "null" : $"\"{text}\"";
        var details = Parse($$"""{"rootfs":{"diff_ids":[]},"comment":{{Quoted(own)}},"history":[{"comment":"first"},{"created_by":"x","comment":{{Quoted(last)}} }]}""");
        Assert.That(details.Fields.GetValueOrDefault("comment"), Is.EqualTo(expected));
        Assert.That(details.History.Select(step => step.Comment), Is.EqualTo(new[] { "first", last }));
    }

    [Test]
    public void Rejects_fields_without_end()
    {
        Assert.That(() => Parse("""{"rootfs":{"diff_ids":[]},""" + $"\"{new string('k', 2000)}\":1}}"), Throws.TypeOf<FormatException>().With.Message.Contains("longer than"));
        var labels = string.Join(',', Enumerable.Range(0, 20_001).Select(number => $"\"{number}\":1"));
        Assert.That(() => Parse("""{"rootfs":{"diff_ids":[]},"config":{"Labels":{""" + labels + "}}}"), Throws.TypeOf<FormatException>().With.Message.Contains("more than 20000 fields"));
        Assert.That(() => Parse("""{"rootfs":{"diff_ids":[]},"config":{"Cmd":["\ud800"]}}"""), Throws.TypeOf<FormatException>());
    }

    private static ConfigDetails Parse(string text) => ConfigDetails.Parse(Encoding.UTF8.GetBytes(text));
}
