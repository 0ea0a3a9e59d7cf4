using AppPreflight.Checks;
using AppPreflight.Images;
using AppPreflight.Oci;
using NUnit.Framework;
using static AppPreflight.Values;

namespace AppPreflight.Remedies;

/// <summary>What is planned for the engine's own tables: a purge only of what comes back, a person for all else.</summary>
public sealed class TablePlanTests
{
    private const string HolderName = "example.org/kelvin:1.9.0";

    private static readonly ServedImage Wanted = Served();
    private static readonly StoredImage Holder = Stored("holder", HolderName, sound: true);

    private static readonly TableDamage Mapping = new(TableDamageKind.DigestMapping, Wanted.Reference, "/d/entry")
    { Blob = Wanted.Manifest.Layers[1].Digest, Expected = Wanted.Config.DiffIds[1].ToString(), Observed = Holder.DiffIds[1].ToString(), Layer = ChainId.AllOf(Holder.DiffIds)[1] };

    private static readonly TableDamage Manifest = new(TableDamageKind.CachedManifest, Wanted.Reference, "/d/blob") { Blob = Wanted.Root.Digest };

    private static readonly TableDamage Folder = new(TableDamageKind.LayerFolder, Wanted.Reference, "/d/folder")
    { Blob = Wanted.Manifest.Layers[1].Digest, Layer = ChainId.AllOf(Wanted.Config.DiffIds)[1], Observed = "", IsEmpty = true };

    private static ImageObservation HolderSeen(StoredImage holder) =>
        Seen(Served("holder") with { Reference = ImageReference.Parse(HolderName) }, holder, name: HolderName);

    [Test]
    public void Removes_what_holds_the_wrong_layer_and_pulls_it_again_after_the_other() =>
        Assert.That(Plan(Mapping, Engine(Holder), HolderSeen(Holder), Seen(Wanted, null)),
            Is.EqualTo(new[] { $"purge {HolderName} {Holder.RepoDigests[0]}", $"pull {Name}", $"pull {HolderName}" }));

    [Test]
    public void Asks_when_what_holds_the_wrong_layer_is_in_use()
    {
        var used = Holder with { InUseBy = [new("c", "web", true)] };
        Assert.That(Plan(Mapping, Engine(used), HolderSeen(used), Seen(Wanted, null)), Is.EqualTo(new[] { $"ask-operator {Name}" }));
    }

    [Test]
    public void Asks_when_nothing_would_bring_back_what_holds_the_wrong_layer()
    {
        Assert.That(Plan(Mapping, Engine(Holder), Seen(Wanted, null)), Is.EqualTo(new[] { $"ask-operator {Name}" }));
        Assert.That(Plan(Mapping, Engine(), Seen(Wanted, null)), Is.EqualTo(new[] { $"ask-operator {Name}" }));
    }

    [Test]
    public void Removes_the_image_that_keeps_a_rotten_manifest_and_waits_until_it_is_gone()
    {
        var held = Stored(sound: true) with { Tags = [Name, "mine:1"] };
        var remedies = Remedies(Manifest, Engine(held), Seen(Wanted, held));
        Assert.That(remedies.Select(Text), Is.EqualTo(new[] { $"purge {Name} mine:1 {held.RepoDigests[0]}", $"pull {Name}" }));
        Assert.That(remedies[0].Frees!.Documents[0].Digest, Is.EqualTo(Wanted.Root.Digest));
        Assert.That((remedies[0].IsProven, string.Join(' ', remedies[1].AlsoTags)), Is.EqualTo((true, "mine:1")));
    }

    [Test]
    public void Asks_when_the_image_that_keeps_a_rotten_manifest_is_in_use()
    {
        var used = Stored(sound: true, usedBy: "web");
        var remedy = Remedies(Manifest, Engine(used), Seen(Wanted, used)).Single();
        Assert.That((Text(remedy), remedy.Reason), Is.EqualTo(($"ask-operator {Name}", remedy.Reason)));
        Assert.That(remedy.Reason, Does.Contain("leases delete --sync"));
    }

    [Test]
    public void Only_pulls_where_no_image_keeps_the_rotten_manifest() =>
        Assert.That(Plan(Manifest, Engine(), Seen(Wanted, null)), Is.EqualTo(new[] { $"pull {Name}" }));

    [Test]
    public void Neither_purges_nor_pulls_what_a_left_over_folder_is_in_the_way_of()
    {
        Assert.That(Plan(Folder, Engine(), Seen(Wanted, null)), Is.EqualTo(new[] { $"ask-operator {Name}" }));
        var old = Stored("older", sound: false);
        Assert.That(Plan(Folder, Engine(old), Seen(Wanted, old)), Is.EqualTo(new[] { $"ask-operator {Name}" }));
    }

    // the engine removes the short name that it reads: another layer's
    [TestCase("OTHEROTHEROTHEROTHEROTHERO", false)]
    [TestCase("", true)]
    public void Removes_no_layer_that_would_take_anothers_short_name_with_it(string link, bool isPurged)
    {
        var stored = Stored(sound: true);
        var layers = stored.Content!.Layers.ToList();
        layers[2] = layers[2] with { Damages = [new(DamageKind.LinkFile, LayerDamage.LinkName, "RIGHTRIGHTRIGHTRIGHTRIGHTR", link)] };
        stored = stored with { Content = stored.Content with { Layers = layers } };
        var remedies = RemedyPlanner.Plan([Seen(Wanted, stored)], [.. StoredCheck.Look(Seen(Wanted, stored), Engine(stored))], Engine(stored)).Remedies;
        Assert.That(remedies.Any(remedy => remedy.Kind == RemedyKind.Purge), Is.EqualTo(isPurged));
        if (!isPurged) Assert.That(remedies.Single().Reason, Does.Contain("printf %s RIGHTRIGHTRIGHTRIGHTRIGHTR > "));
    }

    private static IEnumerable<string> Plan(TableDamage damage, EngineState engine, params ImageObservation[] observations) => Remedies(damage, engine, observations).Select(Text);

    private static IReadOnlyList<Remedy> Remedies(TableDamage damage, EngineState engine, params ImageObservation[] observations) => RemedyPlanner.Plan(
        observations, [.. observations.SelectMany(o => StoredCheck.Look(o, engine).Concat(TableCheck.Look([damage], o, engine)))], engine).Remedies;

    private static string Text(Remedy remedy) => remedy.Kind switch
    {
        RemedyKind.Purge => $"purge {string.Join(' ', remedy.Names)}",
        RemedyKind.Pull => $"pull {remedy.Subject}",
        _ => $"ask-operator {remedy.Subject}",
    };
}
