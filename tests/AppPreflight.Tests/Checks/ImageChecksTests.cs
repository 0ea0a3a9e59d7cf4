using AppPreflight.Images;
using AppPreflight.Oci;
using NUnit.Framework;
using static AppPreflight.Values;

namespace AppPreflight.Checks;

public sealed class ImageChecksTests
{
    [Test]
    public void Finds_nothing_where_both_sides_match()
    {
        var stored = Stored(sound: true);
        Assert.That(Codes(Seen(Served(), stored), Engine(stored)), Is.Empty);
    }

    [Test]
    public void Reports_an_absent_image() =>
        Assert.That(Codes(Seen(Served(), null), Engine()), Is.EqualTo(new[] { FindingCode.ImageAbsent }));

    [Test]
    public void Reports_a_moved_tag_with_both_ids()
    {
        var stored = Stored("older");
        var finding = All(Seen(Served(), stored), Engine(stored)).Single();
        Assert.That((finding.Code, finding.Verdict, finding.Expected, finding.Observed),
            Is.EqualTo((FindingCode.TagMoved, Verdict.Fail, DigestOf("config kelvin").ToString(), DigestOf("config older").ToString())));
    }

    [Test]
    public void Says_of_a_moved_tag_how_many_layers_are_others_and_what_compares_their_files()
    {
        var stored = Stored("older");
        var finding = All(Seen(Served(), stored), Engine(stored)).Single();
        Assert.That(finding.Grade, Is.Null);
        Assert.That(finding.Message, Does.EndWith($"; 2 of 3 layers are other ones (whether the files are: app-preflight compare docker:{Name} {Name})"));
    }

    [Test]
    public void Only_warns_of_a_moved_tag_with_the_same_layers()
    {
        var stored = Stored();
        var finding = All(Seen(RetagCheckTests.Relabelled(), stored), Engine(stored)).Single();
        Assert.That((finding.Code, finding.Verdict, finding.Grade, finding.Cause!.Culprit, finding.Remedy),
            Is.EqualTo((FindingCode.TagMoved, Verdict.Warn, (TagGrade?)TagGrade.SameLayers, Culprit.Retag, "app-preflight repair")));
        Assert.That(finding.Message, Does.Contain("; the layers are the same, its configuration is another (whether they are started otherwise: app-preflight compare docker:"));
    }

    [Test]
    public void Fails_for_the_same_layers_where_the_copy_is_for_another_processor_or_somebody_put_it_here()
    {
        var arm = Stored() with { Platform = new("linux", "arm64") };
        var built = Stored() with { RepoDigests = [] };
        foreach (var stored in new[] { arm, built })
        {
            var finding = All(Seen(RetagCheckTests.Relabelled(), stored), Engine(stored)).Single();
            Assert.That((finding.Verdict, finding.Grade, finding.Cause!.Culprit), Is.EqualTo((Verdict.Fail, (TagGrade?)TagGrade.SameLayers, Culprit.LocalStore)));
        }
    }

    [Test]
    public void Only_warns_in_a_containerd_store_of_the_same_configuration_whoever_put_it_here()
    {
        var stored = Stored(sound: true) with { Id = DigestOf("packed otherwise"), RepoDigests = [] };
        var finding = All(Seen(Served(), stored), Engine(stored) with { UsesContainerdStore = true }).Single();
        Assert.That((finding.Code, finding.Verdict, finding.Grade), Is.EqualTo((FindingCode.TagMoved, Verdict.Warn, (TagGrade?)TagGrade.SameImage)));
    }

    [Test]
    public void Has_no_grade_of_an_image_that_the_engine_cannot_read()
    {
        var stored = Stored("older") with { DiffIds = [], Fault = new(Source.Engine, Fault.Corrupt, "no such config") };
        var finding = All(Seen(Served(), stored), Engine(stored)).Single(finding => finding.Code == FindingCode.TagMoved);
        Assert.That((finding.Verdict, finding.Grade), Is.EqualTo((Verdict.Fail, (TagGrade?)null)));
        Assert.That(finding.Message, Does.Not.Contain("layers"));
    }

    [Test]
    public void Compares_the_index_digest_with_the_containerd_store()
    {
        var served = Served();
        var stored = Stored() with { Id = served.Root.Digest };
        Assert.That(Codes(Seen(served, stored), Engine(stored) with { UsesContainerdStore = true }), Is.Empty);
    }

    [Test]
    public void Reports_a_digest_reference_that_stands_on_another_image()
    {
        var served = Served();
        var stored = Stored() with { RepoDigests = [] };
        var other = Stored("other", "other:1") with { RepoDigests = [$"example.org/kelvin@{served.Root.Digest}"] };
        Assert.That(Codes(Seen(served, stored), Engine(stored, other)), Is.EqualTo(new[] { FindingCode.DigestReferenceStale }));
    }

    [Test]
    public void Reports_every_altered_stored_layer_not_only_the_first()
    {
        var stored = Stored(sound: false, firstDamaged: 1);
        var findings = All(Seen(Served(), stored), Engine(stored));
        Assert.That(findings.Select(finding => (finding.Code, finding.Expected)), Is.EqualTo(new[]
        {
            (FindingCode.StoredLayerAltered, (string?)Diff("kelvin 1").ToString()),
            (FindingCode.StoredLayerAltered, Diff("kelvin 2").ToString()),
        }));
    }

    [Test]
    public void Reports_the_engine_s_own_words_for_a_layer_it_cannot_read()
    {
        var stored = Stored() with { Content = new() { Fault = new(Source.Engine, Fault.Corrupt, "the engine cannot read its own copy out: file integrity checksum failed for \"app/main\"") } };
        var finding = All(Seen(Served(), stored), Engine(stored)).Single();
        Assert.That((finding.Code, finding.Message), Is.EqualTo(
            (FindingCode.StoredLayerAltered, "The engine cannot read its own copy out: file integrity checksum failed for \"app/main\"")));
    }

    [Test]
    public void Calls_an_engine_that_went_away_while_reading_unknown()
    {
        var stored = Stored() with { Content = new() { Fault = new(Source.Engine, Fault.Unreachable, "gone") } };
        var finding = All(Seen(Served(), stored), Engine(stored)).Single();
        Assert.That((finding.Code, finding.Verdict), Is.EqualTo((FindingCode.EngineUnreachable, Verdict.Unknown)));
    }

    [Test]
    public void Reports_an_altered_stored_configuration()
    {
        var stored = Stored(sound: true);
        stored = stored with { Content = stored.Content! with { Config = DigestOf("rot") } };
        Assert.That(Codes(Seen(Served(), stored), Engine(stored)), Is.EqualTo(new[] { FindingCode.StoredConfigAltered }));
    }

    [Test]
    public void Reports_an_altered_manifest_of_the_containerd_store_by_its_own_digest()
    {
        var served = Served();
        var fault = new SourceFault(Source.Engine, Fault.Corrupt, "the stored manifest is not the one") { Expected = "sha256:a", Observed = "sha256:b" };
        var stored = Stored(sound: true) with { Id = served.Root.Digest };
        stored = stored with { Content = stored.Content! with { Way = ProofWay.ContentBlobs, Fault = fault, Layers = [] } };
        var finding = All(Seen(served, stored), Engine(stored) with { UsesContainerdStore = true }).Single();
        Assert.That((finding.Code, finding.Verdict, finding.Expected, finding.Observed),
            Is.EqualTo((FindingCode.StoredConfigAltered, Verdict.Fail, "sha256:a", "sha256:b")));
    }

    [Test]
    public void Cannot_tell_of_a_layer_whose_blob_containerd_does_not_keep()
    {
        var served = Served();
        var stored = Stored(sound: true) with { Id = served.Root.Digest };
        var gone = new SourceFault(Source.Engine, Fault.Unsupported, "the layer can't be proved") { Part = ImagePart.Layer };
        var layers = stored.Content!.Layers.Select((layer, i) => i == 0 ? layer with { Fault = gone, Observed = null } : layer).ToList();
        stored = stored with { Content = stored.Content with { Way = ProofWay.ContentBlobs, Layers = layers } };
        var finding = All(Seen(served, stored), Engine(stored) with { UsesContainerdStore = true }).Single();
        Assert.That((finding.Code, finding.Verdict, finding.Remedy), Is.EqualTo((FindingCode.EngineUnreachable, Verdict.Unknown,
            "remove the image (docker image rm) and pull it again at a time when the app may be down")));
    }

    [TestCase(Fault.Unreachable, ImagePart.Manifest, FindingCode.RegistryUnreachable, Verdict.Unknown)]
    [TestCase(Fault.Denied, ImagePart.Manifest, FindingCode.RegistryDenied, Verdict.Unknown)]
    [TestCase(Fault.Throttled, ImagePart.Manifest, FindingCode.RegistryThrottled, Verdict.Unknown)]
    [TestCase(Fault.Missing, ImagePart.Manifest, FindingCode.ManifestAbsent, Verdict.Fail)]
    [TestCase(Fault.Corrupt, ImagePart.Manifest, FindingCode.ManifestAltered, Verdict.Fail)]
    [TestCase(Fault.Malformed, ImagePart.Manifest, FindingCode.ManifestAltered, Verdict.Fail)]
    [TestCase(Fault.Corrupt, ImagePart.Config, FindingCode.ConfigAltered, Verdict.Fail)]
    [TestCase(Fault.Unsupported, ImagePart.Manifest, FindingCode.MediaTypeUnsupported, Verdict.Fail)]
    [TestCase(Fault.Refused, ImagePart.Manifest, FindingCode.PlatformAbsent, Verdict.Fail)]
    public void Names_what_a_registry_did_instead_of_answering(Fault fault, ImagePart part, FindingCode code, Verdict verdict)
    {
        var stored = Stored();
        var findings = All(Seen(null, stored, new(Source.Registry, fault, "why") { Part = part }), Engine(stored));
        Assert.That(findings.Select(finding => (finding.Code, finding.Verdict)), Is.EqualTo(new[] { (code, verdict) }));
    }

    [Test]
    public void Reports_an_altered_served_layer_with_its_digest_in_the_subject()
    {
        var stored = Stored(sound: true);
        var finding = All(Seen(Served(spoilLast: layer => layer with { Proof = layer.Proof! with { Digest = DigestOf("rot") } }), stored), Engine(stored)).Single();
        Assert.That((finding.Code, finding.Subject), Is.EqualTo((FindingCode.LayerAltered, $"{Name} {DigestOf("kelvin 2")}")));
    }

    [Test]
    public void Reports_size_and_digest_of_a_cut_layer()
    {
        var stored = Stored(sound: true);
        var cut = Served(spoilLast: layer => layer with { Proof = layer.Proof! with { Digest = DigestOf("cut"), SizeBytes = 500 } });
        Assert.That(Codes(Seen(cut, stored), Engine(stored)), Is.EqualTo(new[] { FindingCode.SizeDiffers, FindingCode.LayerAltered }));
    }

    [Test]
    public void Reports_a_layer_that_unpacks_to_another_tar()
    {
        var stored = Stored(sound: true);
        var other = Served(spoilLast: layer => layer with { Proof = layer.Proof! with { DiffId = Diff("other") } });
        Assert.That(Codes(Seen(other, stored), Engine(stored)), Is.EqualTo(new[] { FindingCode.DiffIdDiffers }));
    }

    [Test]
    public void Reports_absent_layers_and_announced_sizes_at_depth_claims()
    {
        var stored = Stored();
        var absent = Served(proven: false, spoilLast: layer => layer with { AnnouncedBytes = null, Fault = new(Source.Registry, Fault.Missing, "404") });
        var shorter = Served(proven: false, spoilLast: layer => layer with { AnnouncedBytes = 999 });
        Assert.That(Codes(Seen(absent, stored), Engine(stored)), Is.EqualTo(new[] { FindingCode.LayerAbsent }));
        Assert.That(Codes(Seen(shorter, stored), Engine(stored)), Is.EqualTo(new[] { FindingCode.SizeDiffers }));
    }

    [TestCase("20.10.24+dfsg1", ExpectedResult = new[] { FindingCode.MediaTypeUnsupported })]
    [TestCase("23.0.0", ExpectedResult = new FindingCode[0])]
    [TestCase("29.7.2", ExpectedResult = new FindingCode[0])]
    public FindingCode[] Holds_zstd_layers_against_the_engine_s_version(string version)
    {
        var stored = Stored(sound: true);
        var zstd = Served(spoilLast: layer => layer with { Descriptor = layer.Descriptor with { MediaType = MediaType.OciLayerZstd } });
        return [.. Codes(Seen(zstd, stored), Engine(stored) with { Version = version })];
    }

    [TestCase("20.10.24", ExpectedResult = new[] { FindingCode.MediaTypeUnsupported })]
    [TestCase("23.0.1", ExpectedResult = new FindingCode[0])]
    public FindingCode[] Goes_by_the_bytes_as_the_engine_does_and_not_by_the_media_type(string version)
    {
        var stored = Stored();
        var zstd = Served(spoilLast: layer => layer with { Proof = layer.Proof! with { IsZstd = true } });
        return [.. Codes(Seen(zstd, stored), Engine(stored) with { Version = version })];
    }

    [Test]
    public void Reports_a_single_manifest_for_another_platform() =>
        Assert.That(Codes(Seen(Served(platform: new("linux", "arm64")), null), Engine()),
            Is.EqualTo(new[] { FindingCode.PlatformAbsent, FindingCode.ImageAbsent }));

    [Test]
    public void Names_the_container_that_holds_a_damaged_layer()
    {
        var damaged = Stored(sound: false, firstDamaged: 0);
        var installed = Stored("installed", "example.org/kelvin:1.10.3", sound: false, firstDamaged: 0, usedBy: "kelvin");
        var findings = InUseCheck.Look(Seen(Served(), damaged), Engine(damaged, installed)).ToList();
        Assert.That(findings.Select(finding => finding.Code), Is.EqualTo(new[] { FindingCode.LayerSharedInUse }));
        Assert.That(findings[0].Remedy, Does.Contain("docker stop kelvin"));
    }

    [Test]
    public void Leaves_a_sound_neighbour_in_peace()
    {
        var damaged = Stored(sound: false);
        var installed = Stored("installed", "example.org/kelvin:1.10.3", sound: true, usedBy: "kelvin");
        Assert.That(InUseCheck.Look(Seen(Served(), damaged), Engine(damaged, installed)), Is.Empty);
    }

    private static List<Finding> All(ImageObservation observation, EngineState engine) =>
        [.. ServedCheck.Look(observation, engine), .. StoredCheck.Look(observation, engine)];

    private static IEnumerable<FindingCode> Codes(ImageObservation observation, EngineState engine) =>
        All(observation, engine).Select(finding => finding.Code);
}
