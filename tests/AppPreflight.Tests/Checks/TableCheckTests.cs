using AppPreflight.Images;
using AppPreflight.Oci;
using NUnit.Framework;
using static AppPreflight.Values;

namespace AppPreflight.Checks;

public sealed class TableCheckTests
{
    private static readonly ImageReference Reference = ImageReference.Parse(Name);
    private static readonly ServedImage Wanted = Served();
    private static readonly StoredImage Other = Stored("other", "example.org/other:1");

    private static readonly TableDamage Mapping = new(TableDamageKind.DigestMapping, Reference, "/var/lib/docker/x/diffid")
    { Blob = Wanted.Manifest.Layers[1].Digest, Expected = Wanted.Config.DiffIds[1].ToString(), Observed = Diff("other 1").ToString(), Layer = ChainId.AllOf(Other.DiffIds)[1] };

    private static readonly TableDamage Manifest = new(TableDamageKind.CachedManifest, Reference, "/var/lib/docker/containerd/daemon/blob")
    { Blob = Wanted.Root.Digest, Expected = Wanted.Root.Digest.ToString(), Observed = DigestOf("rot").ToString() };

    private static readonly TableDamage Folder = new(TableDamageKind.LayerFolder, Reference, "/var/lib/dock er/chain")
    { Blob = Wanted.Manifest.Layers[0].Digest, Observed = "", Layer = ChainId.AllOf(Wanted.Config.DiffIds)[0], IsEmpty = true };

    [Test]
    public void Names_a_stale_entry_of_an_image_that_has_to_be_pulled()
    {
        var finding = Look(Engine(Other), null, Mapping).Single();
        Assert.That((finding.Code, finding.Verdict, finding.Subject, finding.Expected, finding.Observed, finding.Remedy), Is.EqualTo((
            FindingCode.DigestMappingStale, Verdict.Fail, $"{Name} {Mapping.Blob}", Mapping.Expected, Mapping.Observed, "app-preflight repair")));
        Assert.That(finding.IsAbout(Values.Wanted()));
        Assert.That((finding.Cause!.Culprit, finding.Cause.Confidence), Is.EqualTo((Culprit.Engine, Confidence.Proven)));
        Assert.That(finding.Cause.Evidence, Has.Some.Contains(Mapping.Path));
    }

    [Test]
    public void Says_how_a_person_takes_the_entry_away_while_what_it_leads_to_is_in_use() =>
        Assert.That(Look(Engine(Other with { InUseBy = [new("c", "web", true)] }), null, Mapping).Single().Remedy, Does.StartWith("rm /var/lib/docker/x/diffid ").And.EndsWith("then app-preflight repair"));

    [Test]
    public void Says_nothing_of_an_entry_while_the_engine_holds_the_image_soundly()
    {
        var held = Stored(sound: true);
        Assert.That(Look(Engine(Other, held), held, Mapping), Is.Empty);
        var damaged = Stored(sound: false);
        Assert.That(Look(Engine(Other, damaged), damaged, Mapping).Select(finding => finding.Code), Is.EqualTo(new[] { FindingCode.DigestMappingStale }));
    }

    [Test]
    public void Names_a_rotten_copy_of_a_manifest_also_of_an_image_that_is_held()
    {
        var held = Stored(sound: true);
        Assert.That(Look(Engine(held), held, Manifest).Single().Remedy, Is.EqualTo("app-preflight repair"));
        var used = Stored(sound: true, usedBy: "web");
        Assert.That(Look(Engine(used), used, Manifest).Single().Remedy,
            Does.StartWith($"ctr --address /var/run/docker/containerd/containerd.sock --namespace moby leases delete --sync moby-image-{used.Id} "));
        Assert.That(Look(Engine(used), used, Manifest with { Path = "/var/lib/containerd/blob" }).Single().Remedy, Does.StartWith("ctr --namespace moby leases"));
    }

    [Test]
    public void Names_a_left_over_folder_with_the_command_that_can_cost_nothing()
    {
        Assert.That(Look(Engine(), null, Folder).Single().Remedy, Does.StartWith("rmdir '/var/lib/dock er/chain' "));
        Assert.That(Look(Engine(), null, Folder with { IsEmpty = false, Observed = "size" }).Single().Remedy, Does.StartWith("mv '/var/lib/dock er/chain' "));
    }

    [Test]
    public void Says_nothing_of_a_folder_whose_layer_an_image_holds() =>
        Assert.That(Look(Engine(Other), null, Folder), Is.Empty);

    [Test]
    public void Says_nothing_of_other_images_and_without_an_engine()
    {
        Assert.That(Look(Engine(Other), null, Mapping with { Image = ImageReference.Parse("example.org/kelvin:3") }), Is.Empty);
        Assert.That(TableCheck.Look([Mapping], Seen(Wanted, null), null), Is.Empty);
        Assert.That(TableCheck.Look([Mapping], Seen(null, null), Engine(Other)), Is.Empty);
    }

    private static List<Finding> Look(EngineState engine, StoredImage? stored, TableDamage damage) => [.. TableCheck.Look([damage], Seen(Wanted, stored), engine)];
}
