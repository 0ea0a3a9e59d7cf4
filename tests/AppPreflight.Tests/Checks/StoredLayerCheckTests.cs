using AppPreflight.Images;
using NUnit.Framework;
using static AppPreflight.Values;

namespace AppPreflight.Checks;

/// <summary>Stored layers as they were read, to findings.</summary>
internal sealed class StoredLayerCheckTests
{
    private static readonly LayerDamage Flipped = new(DamageKind.Content, "etc/passwd");
    private static readonly LayerDamage Opened = new(DamageKind.Mode, "etc/shadow", "0600", "0644");

    [Test]
    public void Names_contents_and_rights_of_one_layer_apart()
    {
        var findings = Look(layer => layer with { Observed = DigestOf("rot"), Damages = [Flipped, Opened] });
        Assert.That(findings.Select(finding => (finding.Code, finding.Verdict, finding.Subject, finding.Files)), Is.EqualTo(new[]
        {
            (FindingCode.StoredLayerAltered, Verdict.Fail, $"{Name} {Diff("kelvin 1")}", (IReadOnlyList<LayerDamage>)[Flipped]),
            (FindingCode.StoredLayerMetadataAltered, Verdict.Fail, $"{Name} {Diff("kelvin 1")}", [Opened]),
        }));
    }

    [Test]
    public void Finds_rights_altered_where_the_digest_is_right()
    {
        var findings = Look(layer => layer with { Damages = [Opened] });
        Assert.That(findings.Select(finding => finding.Code), Is.EqualTo(new[] { FindingCode.StoredLayerMetadataAltered }));
        Assert.That(findings[0].Message, Is.EqualTo("Layer 2 of 3 has its contents, but not everything is as it was pulled: etc/shadow has another mode (0600 -> 0644)"));
    }

    [Test]
    public void Says_unknown_of_a_layer_that_the_engine_removed_meanwhile()
    {
        var findings = Look(layer => layer with { Observed = null, Fault = new(Source.Engine, Fault.Changing, "removed") });
        Assert.That(findings.Select(finding => (finding.Code, finding.Verdict)), Is.EqualTo(new[] { (FindingCode.EngineUnreachable, Verdict.Unknown) }));
    }

    [Test]
    public void Counts_what_it_does_not_name()
    {
        var files = Enumerable.Range(0, 5).Select(i => new LayerDamage(DamageKind.Missing, $"f{i}")).ToList();
        var findings = Look(layer => layer with { Observed = null, Damages = files, MoreDamages = 7 });
        Assert.That(findings.Single().Message, Does.EndWith("f0 is missing, f1 is missing, f2 is missing and 9 more"));
    }

    [Test]
    public void Reaches_the_images_on_the_damaged_layer_and_not_those_below_it()
    {
        var damaged = Spoilt(layer => layer with { Damages = [Opened] });
        var onBase = Stored("other", "host/other:1");
        var onDamage = damaged with { Id = DigestOf("third"), Tags = ["host/third:1"], Content = null, DiffIds = [.. damaged.DiffIds.Take(2), Diff("third")] };
        Assert.That(Engine(damaged, onBase, onDamage).DamageReach(damaged).Select(image => image.Id), Is.EqualTo(new[] { damaged.Id, onDamage.Id }));
    }

    [Test]
    public void Suspects_everything_shared_where_nobody_could_say_which_layer_it_is()
    {
        var damaged = Stored() with { Content = new() { Fault = new(Source.Engine, Fault.Corrupt, "file integrity checksum failed") } };
        var onBase = Stored("other", "host/other:1");
        Assert.That(Engine(damaged, onBase).DamageReach(damaged).Select(image => image.Id), Is.EqualTo(new[] { damaged.Id, onBase.Id }));
    }

    private static List<Finding> Look(Func<StoredLayer, StoredLayer> spoil)
    {
        var stored = Spoilt(spoil);
        return [.. StoredLayerCheck.Look(Name, stored, stored.Content!)];
    }

    // the middle one of its three layers
    private static StoredImage Spoilt(Func<StoredLayer, StoredLayer> spoil)
    {
        var sound = Stored(sound: true);
        var layers = sound.Content!.Layers;
        return sound with { Content = sound.Content with { Layers = [layers[0], spoil(layers[1]), layers[2]] } };
    }
}
