using System.Text;
using NUnit.Framework;

namespace AppPreflight.Oci;

internal sealed class ConfigDetailsTests
{
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
