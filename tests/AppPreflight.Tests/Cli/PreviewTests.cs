using AppPreflight.Images;
using AppPreflight.Runs;
using NUnit.Framework;

namespace AppPreflight.Cli;

/// <summary>Every sample as a person sees it. The text goes to the test's output, so that a change of layout can be looked at.</summary>
internal sealed class PreviewTests
{
    private static IEnumerable<TestCaseData> Cases =>
        from report in Samples.All.Select((report, i) => (report, i))
        from verb in new[] { RunVerb.Chain, RunVerb.Check, RunVerb.Repair, RunVerb.Gate, RunVerb.Verify }
        from verbose in new[] { false, true }
        select new TestCaseData(report.report, verb, verbose) { TestName = $"Fits_80_columns({report.i}, {verb}, {verbose})" };

    [TestCaseSource(nameof(Cases))]
    public void Fits_80_columns_and_holds_no_control_characters(PreflightReport report, RunVerb verb, bool verbose)
    {
        var text = Text(report, verb, verbose, colours: false);
        TestContext.Out.WriteLine(text);
        Assert.That(text.Split('\n').Where(line => line.Length > 80 && !line.Contains("-> docker ", StringComparison.Ordinal)), Is.Empty);
        Assert.That(text.Where(c => c != '\n' && (char.IsControl(c) || c is '\u202e' or '\u2028')), Is.Empty);
        Assert.That(text, Does.Not.Match(@"(?m) $").And.EndsWith("\n"));
    }

    [Test]
    public void Differs_with_colours_only_in_the_colours()
    {
        foreach (var report in Samples.All)
        {
            var coloured = Text(report, RunVerb.Check, verbose: false, colours: true);
            Assert.That(coloured, Does.Contain("\e["));
            Assert.That(System.Text.RegularExpressions.Regex.Replace(coloured, @"\e\[[0-9;]*m", ""), Is.EqualTo(Text(report, RunVerb.Check, verbose: false, colours: false)));
        }
    }

    [Test]
    public void Shows_a_failed_check_whole() =>
        Assert.That(Text(Samples.Failed, RunVerb.Check, verbose: false, colours: false), Is.EqualTo("""
            ucsschool-kelvin-rest-api  1.10.3 -> 2.0.0 -> 3.1.1

            step 2.0.0  new container
              artifacts.software-univention.de/upx/ucsschool-kelvin-rest-api:2.0.0
                FAIL  served  sha256:111111111111  linux/amd64  2 layers  312.4 MB
                FAIL  stored  sha256:222222222222  in use by appcenter-kelvin (running)

            step 3.1.1  new container
              artifacts.software-univention.de/upx/ucsschool-kelvin-rest-api:release3.1.1
                ok    served  sha256:333333333333  linux/amd64  2 layers  312.4 MB
                FAIL  stored  absent

            3 findings
              FAIL  tag-moved
                artifacts.software-univention.de/upx/ucsschool-kelvin-rest-api:2.0.0
                The name means another image at the registry than here: it was pulled as
                sha256:999999999999, the registry now serves sha256:111111111111
                expected sha256:111111111111
                observed sha256:999999999999
                -> heal the other findings first, then: app-preflight repair
                   ucsschool-kelvin-rest-api
              FAIL  layer-altered
                artifacts.software-univention.de/upx/ucsschool-kelvin-rest-api:2.0.0
                sha256:555555555555
                The bytes served for this layer are not the ones its digest names; a pull
                would end in "filesystem layer verification failed"
                expected sha256:555555555555
                observed sha256:666666666666
                -> nothing on this host can heal it: report the digest to the registry's
                   operator (pushing the same image again does not replace a rotten blob)
              FAIL  image-absent
                artifacts.software-univention.de/upx/ucsschool-kelvin-rest-api:release3.1.1
                The engine does not hold this image yet
                -> app-preflight repair ucsschool-kelvin-rest-api

            A repair would
              pull  (image-absent)
                artifacts.software-univention.de/upx/ucsschool-kelvin-rest-api:release3.1.1

            For you to decide
              layer-altered
                artifacts.software-univention.de/upx/ucsschool-kelvin-rest-api:2.0.0
                sha256:5555555555555555555555555555555555555555555555555555555555555555
                an image outside this chain stands on the damaged layer

            note: ucsschool-kelvin-rest-api_20190101.ini: this version is ignored by the App
                  Center, because its UCS version is not supported

            312.4 MB to pull, 1.6 GB of disk needed, 12.1 GB free, took 0.4 s
            FAIL: this appliance cannot upgrade ucsschool-kelvin-rest-api to 3.1.1 as it is
            Depth: claims, identifiers were compared; --content hashes every byte.

            """));

    [Test]
    public void Tells_what_it_would_take_line_by_line_and_how_long_the_pulls_last()
    {
        var text = Text(Samples.InUse, RunVerb.Check, verbose: false, colours: false);
        Assert.That(text, Does.Contain("-> see below: what it would take").And.Contain("""

            What it would take
              on the layer sha256:cccccccccccc: 2 images, in use by kelvin (running), old
                kelvin:1.10.3
                artifacts.software-univention.de/upx/ucsschool-kelvin-rest-api:2.0.0
              -> docker stop kelvin
              -> docker rm kelvin
              -> docker rmi kelvin:1.10.3
              -> docker rmi artifacts.software-univention.de/upx/ucsschool-kelvin-rest-api:2.0.0
              kelvin of ucsschool-kelvin-rest-api is down from docker stop until
              univention-app reinitialize has made it again

            """));
        Assert.That(text, Does.Contain("312.4 MB to pull (about 2 min 05 s at 2.5 MB/s),\n1.6 GB of disk needed (an estimate), 12.1 GB free"));
        Assert.That(text, Does.Not.Contain("For you to decide"));
    }

    [Test]
    public void Says_of_a_side_that_could_not_be_seen_that_it_was_not()
    {
        var report = Samples.Unknown with { App = Samples.Image2, Chain = [], Images = [Samples.Unknown.Images[0]] };
        Assert.That(Text(report, RunVerb.Verify, verbose: false, colours: false), Does.StartWith($"""
            {Samples.Image2}
                ?     served  could not be seen
                ?     stored  could not be seen

            """));
    }

    [Test]
    public void Offers_a_repair_only_for_what_a_repair_would_touch()
    {
        var blocked = Text(Samples.Failed with { Actions = [] }, RunVerb.Check, verbose: false, colours: false);
        Assert.That(blocked, Does.Not.Contain("-> app-preflight repair").And.Contain("-> heal the other findings first, then: app-preflight repair"));
    }

    [Test]
    public void Puts_the_app_into_every_command_that_lacks_it()
    {
        var finding = Samples.Failed.Findings[0] with { Remedy = "docker rmi x; then app-preflight repair (the app is down)" };
        var text = Text(Samples.Failed with { Findings = [finding] }, RunVerb.Check, verbose: false, colours: false);
        Assert.That(text, Does.Contain("then app-preflight repair ucsschool-kelvin-rest-api (the"));
    }

    [Test]
    public void Says_of_an_image_that_is_not_there_that_it_is_not_and_how_to_get_it()
    {
        var report = Samples.Failed with { App = Samples.Image3, Chain = [], Images = [], Findings = [Samples.Failed.Findings[2]], Actions = [], Depth = Depth.Content, Bytes = new(0, 0, 0, 0, 0) };
        var text = Text(report, RunVerb.Verify, verbose: false, colours: false);
        Assert.That(text, Does.Contain("docker pull").And.Contain("FAIL: the engine does not hold this image\nDepth: content, but there was no byte that could be hashed.\n"));
    }

    [Test]
    public void Breaks_no_figure_at_the_end_of_a_line()
    {
        var text = Text(Samples.Passed with { Bytes = new(663_500_000, 0, 886_000_000, 11_300_000_000, 82_400_000_000) }, RunVerb.Check, verbose: false, colours: false);
        Assert.That(text, Does.Contain("663.5 MB to pull, 886.0 MB hashed, 11.3 GB of disk needed, 82.4 GB free,\ntook 0.4 s\n"));
    }

    [Test]
    public void Says_nothing_of_a_side_that_was_not_asked()
    {
        var image = Samples.Passed.Images[0] with { Stored = null };
        var report = Samples.Passed with { App = image.Reference, Chain = [], Images = [image] };
        Assert.That(Text(report, RunVerb.Verify, verbose: false, colours: false), Does.Contain("served").And.Not.Contain("stored"));
    }

    private static string Text(PreflightReport report, RunVerb verb, bool verbose, bool colours)
    {
        var page = new Page(colours);
        new ReportText(page, report, verb, verbose).Write();
        return page.ToString();
    }
}
