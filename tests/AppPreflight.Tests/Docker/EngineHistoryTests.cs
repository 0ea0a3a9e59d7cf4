using NUnit.Framework;

namespace AppPreflight.Docker;

internal sealed class EngineHistoryTests
{
    // "+" and bytes make a layer; what is expected: L a layer, - none
    [TestCase("", 0, "")]
    [TestCase("", 2, "")]
    [TestCase("7 /bin/sh -c #(nop) ADD file:1 in /|0 /bin/sh -c #(nop)  CMD [\"sh\"]", 1, "L-")]
    [TestCase("0 ENV A=b|0 WORKDIR /work|0 RUN /bin/sh -c true # buildkit|0 USER 1", 2, "-LL-")]
    [TestCase("0 ENV A=b|0 WORKDIR /work|0 RUN /bin/sh -c true # buildkit|0 USER 1", 0, "----")]
    [TestCase("0 ENV A=b|0 WORKDIR /work|0 RUN /bin/sh -c true # buildkit|0 USER 1", 4, "LLLL")]
    [TestCase("0 /bin/sh -c #(nop) WORKDIR /w|0 |0 /bin/sh -c true|0 |1 A=/b /bin/sh -c true|0 /bin/sh -c #(nop)  ENV A=b", 3, "L-LL-")]
    [TestCase("0 bazel build ...|0 ENV A=b|0 odd", 1, "L--")]
    [TestCase("9 a|9 b", 1, "LL")]
    [TestCase("-5 a|0 b", -1, "--")]
    public void Finds_the_steps_that_made_the_layers(string steps, int layers, string expected)
    {
        var texts = steps.Replace("|0 |1 ", "|0 \u0001", StringComparison.Ordinal).Split('|', StringSplitOptions.RemoveEmptyEntries).Select(text => text.Replace("\u0001", "|1 ", StringComparison.Ordinal));
        var lines = texts.Select(text => text.Split(' ', 2)).Select(parts => new HistoryLine(parts[1], "", long.Parse(parts[0], System.Globalization.CultureInfo.InvariantCulture))).Reverse().ToList();
        var history = EngineHistory.Of(lines, layers);
        Assert.That(string.Concat(history.Select(step => step.IsEmptyLayer ? '-' : 'L')), Is.EqualTo(expected));
        Assert.That(history.Select(step => step.CreatedBy), Is.EqualTo(lines.Select(line => line.CreatedBy).Reverse()));
    }

    [Test]
    public void Passes_by_what_is_not_said()
    {
        var history = EngineHistory.Of([null, new(null, null, 3)], 1);
        Assert.That(history, Is.EqualTo(new[] { new Oci.HistoryEntry("", false) }));
    }
}
