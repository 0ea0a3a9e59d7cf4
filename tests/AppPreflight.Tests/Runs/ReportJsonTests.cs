using System.Text;
using AppPreflight.Checks;
using AppPreflight.Cli;
using AppPreflight.Images;
using NUnit.Framework;

namespace AppPreflight.Runs;

internal sealed class ReportJsonTests
{
    private static string Minimal => """
        {"schema":"app-preflight/report/1","run":"r","app":"a","depth":"claims","verdict":"pass","started":"2026-11-21T12:00:00Z","finished":"2026-11-21T12:00:00Z","future":{"x":[1]}}
        """;

    [Test]
    public void Reads_back_exactly_what_it_writes()
    {
        foreach (var report in Samples.All.Append(Samples.Passed with { Since = Samples.Noon }))
        {
            var bytes = ReportJson.Write(report);
            Assert.That(ReportJson.Write(ReportJson.Read(bytes)), Is.EqualTo(bytes));
        }
    }

    [Test]
    public void Reads_back_a_cause_with_all_it_was_judged_by()
    {
        var cause = new Cause(Culprit.LocalStore, Confidence.Likely, "so it is")
        {
            Evidence = ["one", "two"],
            Fingerprint = FingerprintKind.GzippedTwice,
            Difference = new(4711, 1, DifferenceShape.ZeroedPages) { Sentence = "one page" },
            Fetches =
            [
                new(FetchWay.Ipv6, "a.example.org")
                {
                    Answered = "b.example.org", Status = 200, Headers = [new("Via", "1.1 proxy")], AnnouncedBytes = 10, SizeBytes = 9, Digest = Values.DigestOf("x"),
                    WasCut = true, IsLonger = true, Elapsed = TimeSpan.FromMilliseconds(12), Fingerprint = new(FingerprintKind.FlippedBit, "bit 3", true),
                },
                new(FetchWay.Plain, "a.example.org") { Fault = new(Source.Registry, Fault.Unreachable, "refused") },
            ],
        };
        var read = ReportJson.Read(ReportJson.Write(Samples.Passed with { Findings = [new(FindingCode.ConfigAltered, Verdict.Fail, "a", Source.Registry, "b") { Cause = cause }] })).Findings[0].Cause!;
        Assert.That(read with { Evidence = cause.Evidence, Fetches = cause.Fetches }, Is.EqualTo(cause));
        Assert.That(read.Evidence, Is.EqualTo(cause.Evidence));
        Assert.That(read.Fetches[0].Headers, Is.EqualTo(cause.Fetches[0].Headers));
        Assert.That(read.Fetches.Select(fetch => fetch with { Headers = [] }), Is.EqualTo(cause.Fetches.Select(fetch => fetch with { Headers = [] })));
    }

    [TestCase(TagGrade.SameLayers, "\"tags-same-layers\"")]
    [TestCase(TagGrade.Identical, "\"tags-identical\"")]
    [TestCase(null, "null")]
    public void Gives_back_the_grade_of_a_moved_tag_under_its_code(TagGrade? grade, string wire)
    {
        var json = ReportJson.Write(Samples.Passed with { Findings = [new(FindingCode.TagMoved, Verdict.Warn, "a", Source.Registry, "b") { Grade = grade }] });
        Assert.That(Encoding.UTF8.GetString(json), Does.Contain($"\"grade\": {wire}"));
        Assert.That(ReportJson.Read(json).Findings[0].Grade, Is.EqualTo(grade));
    }

    [Test]
    public void Reads_a_report_that_lacks_what_came_later_and_has_what_is_not_known()
    {
        var report = ReportJson.Read(Encoding.UTF8.GetBytes(Minimal));
        Assert.That((report.Installed, report.Verdict, report.Since), Is.EqualTo(((string?)null, Verdict.Pass, (DateTimeOffset?)null)));
        Assert.That((report.Chain.Count, report.Findings.Count, report.Cured.Count, report.Notes.Count), Is.EqualTo((0, 0, 0, 0)));
        Assert.That(report.Bytes, Is.EqualTo(new ByteCounts(0, 0, 0, 0, 0)));
    }

    [TestCase("\"run\":\"r\",", "")]
    [TestCase("\"pass\"", "\"Pass\"")]
    [TestCase("\"pass\"", "1")]
    [TestCase("\"pass\"", "\"1\"")]
    [TestCase("\"pass\"", "\"pass,fail\"")]
    [TestCase("\"pass\"", "null")]
    [TestCase("report/1", "report/2")]
    [TestCase("\"2026-11-21T12:00:00Z\"", "\"noon\"")]
    [TestCase("{\"x\":[1]}", "{},\"since\":\"noon\"")]
    [TestCase("{\"x\":[1]}", "{},\"findings\":[null]")]
    [TestCase("{\"x\":[1]}", "{},\"findings\":{}")]
    [TestCase("{\"x\":[1]}", "{},\"bytes\":{\"toPull\":1.5}")]
    [TestCase("{\"x\":[1]}", "{},\"notes\":[1]")]
    [TestCase("{\"x\":[1]}", "{},\"run\":\"twice\"")]
    [TestCase("{\"x\":[1]}", "{")]
    [TestCase("\"r\"", "\"\\ud800\"")]
    public void Refuses_what_is_not_a_report(string part, string spoilt)
    {
        Assert.That(Minimal, Does.Contain(part));
        Assert.Throws<FormatException>(() => ReportJson.Read(Encoding.UTF8.GetBytes(Minimal.Replace(part, spoilt, StringComparison.Ordinal))));
    }

    [Test]
    public void Writes_text_that_is_not_unicode_so_that_it_can_be_read() =>
        Assert.That(ReportJson.Read(ReportJson.Write(Samples.Passed with { App = "a\ud800b" })).App, Is.EqualTo("a\ufffdb"));

    [Test]
    public void Escapes_control_characters_and_leaves_words_readable()
    {
        var text = Encoding.UTF8.GetString(ReportJson.Write(Samples.Passed with { Notes = ["can't -> ü \e[31m \u009b"] }));
        Assert.That(text, Does.Contain(@"can't -> ü \u001B[31m \u009B"));
    }

    [TestCase(AppState.Ready, Verdict.Pass, false)]
    [TestCase(AppState.Ready, Verdict.Warn, false)]
    [TestCase(AppState.Healed, Verdict.Pass, true)]
    [TestCase(AppState.Healed, Verdict.Warn, true)]
    [TestCase(AppState.Blocked, Verdict.Fail, true)]
    [TestCase(AppState.Unknown, Verdict.Unknown, true)]
    public void Has_a_word_for_each_verdict(AppState state, Verdict verdict, bool hasCured) =>
        Assert.That((Samples.Passed with { Verdict = verdict, Cured = hasCured ? Samples.Repaired.Cured : [] }).State, Is.EqualTo(state));

    [Test]
    public void Knows_every_code_by_its_name_on_the_wire()
    {
        foreach (var code in Enum.GetValues<FindingCode>()) Assert.That(WireNames.Find<FindingCode>(code.Wire()), Is.EqualTo(code));
        Assert.That(FindingCode.StoredLayerMetadataAltered.Wire(), Is.EqualTo("stored-layer-metadata-altered"));
    }
}
