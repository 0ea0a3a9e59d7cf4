using AppPreflight.Checks;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Ports;
using NUnit.Framework;
using static AppPreflight.Values;

namespace AppPreflight.Pipeline;

internal sealed class HearingTests
{
    private static readonly ServedImage Image = Served();
    private static readonly Descriptor Layer = Image.Layers[1].Descriptor;

    [Test]
    public async Task Asks_for_a_wrong_layer_with_all_that_is_promised_of_it()
    {
        var registry = new Witness();
        var heard = await HearAsync(registry, OfLayer(), Seen(Image, null) with { Depth = Depth.Content });
        Assert.That(registry.Asked, Is.EqualTo(new[] { new BlobPromise(ImagePart.Layer, Layer.Digest, Layer.SizeBytes, Image.Layers[1].DiffId) }));
        Assert.That(heard.Cause?.Culprit, Is.EqualTo(Culprit.Registry));
    }

    [Test]
    public async Task Asks_for_a_config_that_nobody_could_read()
    {
        var config = DigestOf("config kelvin");
        var fault = new SourceFault(Source.Registry, Fault.Corrupt, "other bytes") { Subject = $"{config}", Part = ImagePart.Config };
        var registry = new Witness();
        var observation = Seen(null, null, fault);
        await HearAsync(registry, ServedCheck.Look(observation, Engine()).Single(), observation);
        Assert.That(registry.Asked, Is.EqualTo(new[] { new BlobPromise(ImagePart.Config, config, null) }));
    }

    [Test]
    public async Task Asks_for_the_blob_that_the_engine_refused()
    {
        var refusal = new Finding(FindingCode.PullRefused, Verdict.Fail, Name, Source.Engine, $"image config verification failed for digest {Image.Manifest.Config.Digest}");
        var registry = new Witness() { IsSound = true };
        var heard = await HearAsync(registry, refusal, Seen(Image, null));
        Assert.That(registry.Asked, Is.EqualTo(new[] { new BlobPromise(ImagePart.Config, Image.Manifest.Config.Digest, 100) }));
        Assert.That((heard.Code, heard.Cause?.Culprit), Is.EqualTo((FindingCode.PullRefused, (Culprit?)Culprit.Engine)));
    }

    [Test]
    public async Task Fetches_a_blob_once_for_all_images_that_share_it()
    {
        var registry = new Witness();
        var (one, other) = (Seen(Image, null) with { Depth = Depth.Content }, Seen(Image, null, name: "example.org/kelvin:release3.1.1") with { Depth = Depth.Content });
        var hearing = new Hearing(registry.Registry, new NoSigns(), new NoEvents());
        var heard = await hearing.HearAsync(OfLayer(), one, [one, other], CancellationToken.None);
        await hearing.HearAsync(OfLayer() with { Subject = $"{other.Image.Reference} {Layer.Digest}" }, other, [one, other], CancellationToken.None);
        Assert.That(registry.Asked, Has.Count.EqualTo(1));
        Assert.That(heard.Cause!.Evidence, Does.Contain($"the same blob belongs to {other.Image.Reference}"));
    }

    [Test]
    public async Task Fetches_no_large_layer_for_a_look_at_identifiers()
    {
        var large = Served(spoilLast: layer => layer with { Descriptor = layer.Descriptor with { SizeBytes = 5 << 20 } });
        var registry = new Witness();
        var finding = OfLayer() with { Code = FindingCode.SizeDiffers, Subject = $"{Name} {large.Layers[2].Descriptor.Digest}" };
        Assert.That(await HearAsync(registry, finding, Seen(large, null)), Is.EqualTo(finding));
        Assert.That(registry.Asked, Is.Empty);
    }

    [Test]
    public async Task Stops_fetching_after_a_few_blobs()
    {
        var registry = new Witness();
        var hearing = new Hearing(registry.Registry, new NoSigns(), new NoEvents());
        for (var i = 0; i < 9; i++)
        {
            var fault = new SourceFault(Source.Registry, Fault.Corrupt, "other bytes") { Subject = $"{DigestOf($"{i}")}", Part = ImagePart.Config };
            var observation = Seen(null, null, fault, $"example.org/kelvin:{i}");
            await hearing.HearAsync(ServedCheck.Look(observation, Engine()).Single(), observation, [observation], CancellationToken.None);
        }

        Assert.That(registry.Asked, Has.Count.EqualTo(4));
    }

    [Test]
    public async Task Blames_the_way_for_a_page_in_place_of_a_tags_manifest()
    {
        var observation = Seen(null, null, new SourceFault(Source.Transport, Fault.Malformed, "an HTML page") { Subject = Name });
        var heard = await HearAsync(new Witness(), ServedCheck.Look(observation, Engine()).Single(), observation);
        Assert.That((heard.Code, heard.Cause?.Culprit), Is.EqualTo((FindingCode.BlobReplacedInTransit, (Culprit?)Culprit.Transport)));
    }

    [TestCase(null, Culprit.Registry)]
    [TestCase("sha256:00", Culprit.Publisher)]
    public async Task Names_who_serves_what_is_of_no_use_though_no_byte_is_wrong(string? observed, Culprit culprit)
    {
        var fault = new SourceFault(Source.Registry, Fault.Malformed, "redirects to a file") { Observed = observed };
        var served = Image with { Layers = [Image.Layers[0], Image.Layers[1] with { Proof = null, Fault = fault }, Image.Layers[2]] };
        var registry = new Witness();
        var observation = Seen(served, null) with { Depth = Depth.Content };
        var heard = await HearAsync(registry, ServedCheck.Look(observation, Engine()).Single(), observation);
        Assert.That(heard.Cause?.Culprit, Is.EqualTo(culprit));
        Assert.That(registry.Asked, Is.Empty);
    }

    [TestCase(FindingCode.ManifestAbsent, "", Culprit.Publisher)]
    [TestCase(FindingCode.StoredLayerAltered, "", Culprit.LocalStore)]
    [TestCase(FindingCode.DiffIdDiffers, "", Culprit.Publisher)]
    [TestCase(FindingCode.SpaceShort, "", Culprit.Host)]
    [TestCase(FindingCode.PullRefused, "failed to register layer: write x: no space left on device", Culprit.Host)]
    [TestCase(FindingCode.PullRefused, "failed to register layer: rename a b: file exists", Culprit.LocalStore)]
    [TestCase(FindingCode.PullRefused, "unexpected EOF", Culprit.Cut)]
    [TestCase(FindingCode.ImageAbsent, "", null)]
    public async Task Names_what_needs_no_fetch(FindingCode code, string words, Culprit? culprit)
    {
        var registry = new Witness();
        var heard = await HearAsync(registry, new(code, Verdict.Fail, Name, Source.Engine, words), Seen(Image, null));
        Assert.That(heard.Cause?.Culprit, Is.EqualTo(culprit));
        Assert.That(registry.Asked, Is.Empty);
    }

    private static Finding OfLayer() => new(FindingCode.LayerAltered, Verdict.Fail, $"{Name} {Layer.Digest}", Source.Registry, "wrong bytes");

    private static Task<Finding> HearAsync(Witness registry, Finding finding, ImageObservation image) =>
        new Hearing(registry.Registry, new NoSigns(), new NoEvents()).HearAsync(finding, image, [image], CancellationToken.None);

    /// <summary>A registry that is asked for a blob again and again, and remembers for which.</summary>
    private sealed class Witness
    {
        public List<BlobPromise> Asked { get; } = [];

        public bool IsSound { get; init; }

        public IImageRegistry Registry => new FakeRegistry(Image) { Retrace = Answer };

        private BlobRetrace Answer(BlobPromise promise)
        {
            Asked.Add(promise);
            var fetch = new BlobFetch(FetchWay.Plain, "example.org") { Status = 200, Digest = IsSound ? promise.Digest : DigestOf("rot"), SizeBytes = 7 };
            return new(promise, [fetch, fetch with { Way = FetchWay.Again }]);
        }
    }

    private sealed class NoSigns : IHostSigns
    {
        public IReadOnlyList<HostSign> Read() => [];
    }
}
