using AppPreflight.Checks;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Ports;
using NUnit.Framework;
using static AppPreflight.Values;

namespace AppPreflight.Pipeline;

internal sealed class ImageSurveyTests
{
    private static readonly SourceException Gone = new(Source.Engine, Fault.Unreachable, "the engine went away");

    [Test]
    [CancelAfter(10_000)]
    public async Task Survives_an_engine_that_goes_away_during_an_export(CancellationToken cancellationToken)
    {
        var survey = await LookAsync(new(Engine(Stored())) { ExportFault = Gone }, new(Served()), _ => Depth.Content, cancellationToken, Wanted());
        var observation = survey.Observations.Single();
        Assert.That(StoredCheck.Look(observation, survey.Engine).Select(finding => (finding.Code, finding.Verdict)),
            Is.EqualTo(new[] { (FindingCode.EngineUnreachable, Verdict.Unknown) }));
        Assert.That(observation.IsWhole(survey.Engine), Is.False);
    }

    [Test]
    [CancelAfter(10_000)]
    public async Task Calls_nothing_absent_that_the_engine_could_not_be_asked_for(CancellationToken cancellationToken)
    {
        var survey = await LookAsync(new(Engine()) { FindFault = Gone }, new(Served()), _ => Depth.Content, cancellationToken, Wanted());
        Assert.That(survey.Engine, Is.Null);
        Assert.That(survey.EngineFault, Is.EqualTo(Gone.What));
        Assert.That(survey.Observations.SelectMany(o => StoredCheck.Look(o, survey.Engine)), Is.Empty);
    }

    [Test]
    [CancelAfter(10_000)]
    public async Task Reads_a_layer_through_although_another_image_only_asked_for_it(CancellationToken cancellationToken)
    {
        var (shallow, deep) = (Wanted(), Wanted("example.org/kelvin:release3.1.1"));
        var registry = new FakeRegistry(Served());
        var survey = await LookAsync(new(Engine(Stored())), registry, image => image == deep ? Depth.Content : Depth.Claims, cancellationToken, shallow, deep);
        Assert.That(registry.LayersRead, Is.EqualTo(3));
        Assert.That(survey.Observations[1].Served!.Layers, Has.All.Matches<ServedLayer>(layer => layer!.Proof is not null));
    }

    [TestCase(Fault.Refused)]
    [TestCase(Fault.Malformed)]
    [TestCase(Fault.Unsupported)]
    [TestCase(Fault.Missing)]
    public void An_export_that_fails_for_another_reason_than_its_bytes_alters_nothing(Fault fault)
    {
        var stored = Stored() with { Content = new() { Fault = new(Source.Engine, fault, "no space left on device") } };
        var observation = Seen(Served(), stored) with { Depth = Depth.Content };
        var findings = StoredCheck.Look(observation, Engine(stored)).ToList();
        Assert.That(findings.Select(finding => finding.Verdict), Is.EqualTo(new[] { Verdict.Unknown }));
        Assert.That(observation.IsWhole(Engine(stored)), Is.False);
        Assert.That(Remedies.RemedyPlanner.Plan([observation], findings, Engine(stored)).Remedies, Is.Empty);
    }

    [Test]
    public void A_layer_that_nobody_could_unpack_is_no_pass_and_no_proof()
    {
        var zstd = Served(spoilLast: layer => new(layer.Descriptor with { MediaType = MediaType.OciLayerZstd }, layer.DiffId)
        { Fault = new(Source.Registry, Fault.Unsupported, "zstd") });
        var engine = Engine(Stored(sound: false)) with { Version = "25.0.3" };
        var observation = Seen(zstd, engine.Images[0]) with { Depth = Depth.Content };
        var findings = ServedCheck.Look(observation, engine).Concat(StoredCheck.Look(observation, engine)).ToList();
        Assert.That(findings, Has.One.Matches<Finding>(finding => finding is { Code: FindingCode.MediaTypeUnsupported, Verdict: Verdict.Unknown }));
        Assert.That(Remedies.RemedyPlanner.Plan([observation], findings, engine).Remedies, Is.Empty);
    }

    [Test]
    public void A_promise_of_endless_bytes_is_not_small()
    {
        var endless = Served(proven: false, spoilLast: layer => layer with { Descriptor = layer.Descriptor with { SizeBytes = long.MaxValue } });
        Assert.That(SpaceCheck.Need([Seen(endless, null)], Engine()).DiskBytes, Is.GreaterThan(1L << 40));
    }

    private static async Task<Survey> LookAsync(
        FakeStore store, FakeRegistry registry, Func<ImageRequirement, Depth> depthOf, CancellationToken cancellationToken, params ImageRequirement[] images)
    {
        var survey = new ImageSurvey(registry, store, new NoLayers(), TimeProvider.System, new NoEvents());
        return await survey.LookAsync(images, store.State, new("linux", "amd64"), depthOf, Sides.Both, cancellationToken);
    }
}
