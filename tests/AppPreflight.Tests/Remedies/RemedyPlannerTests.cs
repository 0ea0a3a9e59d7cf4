using AppPreflight.Checks;
using AppPreflight.Images;
using NUnit.Framework;
using static AppPreflight.Values;

namespace AppPreflight.Remedies;

public sealed class RemedyPlannerTests
{
    [Test]
    public void Plans_nothing_where_nothing_is_wrong()
    {
        var stored = Stored(sound: true);
        Assert.That(Plan(Engine(stored), Seen(Served(), stored)), Is.Empty);
    }

    [Test]
    public void Pulls_what_is_absent() =>
        Assert.That(Plan(Engine(), Seen(Served(), null)), Is.EqualTo(new[] { $"pull {Name}" }));

    [Test]
    public void Pulls_a_moved_tag_first_and_purges_the_leftover_afterwards()
    {
        var old = Stored("older");
        Assert.That(Plan(Engine(old), Seen(Served(), old)), Is.EqualTo(new[] { $"pull {Name}", $"purge {old.RepoDigests[0]}" }));
    }

    [Test]
    public void Pulls_a_moved_tag_that_is_only_a_warning()
    {
        var old = Stored();
        Assert.That(Plan(Engine(old), Seen(RetagCheckTests.Relabelled(), old)), Is.EqualTo(new[] { $"pull {Name}", $"purge {old.RepoDigests[0]}" }));
    }

    [TestCase(true)]
    [TestCase(false)]
    public void Plans_nothing_because_a_tag_was_pushed_again_where_the_stored_copy_is_the_new_one(bool isStored)
    {
        var stored = isStored ? Stored() : null;
        var history = new Finding(FindingCode.TagMoved, Verdict.Warn, Name, Source.Registry, "This tag was pushed again");
        var plan = RemedyPlanner.Plan([Seen(Served(), stored)], [history], stored is null ? Engine() : Engine(stored));
        Assert.That(plan.Remedies, Is.Empty);
    }

    [Test]
    public void Leaves_what_a_moved_tag_leaves_behind_when_something_else_holds_it()
    {
        var used = Stored("older", usedBy: "old");
        var named = Stored("older") with { Tags = [Name, "keep:1"] };
        Assert.That(Plan(Engine(used), Seen(Served(), used)), Is.EqualTo(new[] { $"pull {Name}" }));
        Assert.That(Plan(Engine(named), Seen(Served(), named)), Is.EqualTo(new[] { $"pull {Name}" }));
    }

    [Test]
    public void Purges_an_altered_layer_before_the_pull_because_the_engine_would_call_it_up_to_date()
    {
        var stored = Stored(sound: false);
        Assert.That(Plan(Engine(stored), Seen(Served(), stored)),
            Is.EqualTo(new[] { $"purge {Name} {stored.RepoDigests[0]}", $"pull {Name}" }));
    }

    [Test]
    public void Puts_the_further_names_of_a_purged_image_on_its_replacement()
    {
        var stored = Stored(sound: false) with { Tags = [Name, "mine:1"] };
        var pull = Remedies(Engine(stored), Seen(Served(), stored)).Single(remedy => remedy.Kind == RemedyKind.Pull);
        Assert.That(pull.AlsoTags, Is.EqualTo(new[] { "mine:1" }));
    }

    [Test]
    public void Purges_nothing_without_a_proven_replacement()
    {
        var stored = Stored(sound: false);
        var rotten = Served(spoilLast: layer => layer with { Proof = layer.Proof! with { Digest = DigestOf("rot") } });
        Assert.That(Plan(Engine(stored), Seen(rotten, stored)), Is.EqualTo(new[] { $"ask-operator {Name} {DigestOf("kelvin 2")}" }));
        var away = Seen(null, stored, new(Source.Registry, Fault.Unreachable, "refused"));
        Assert.That(Plan(Engine(stored), away), Is.Empty);
    }

    [Test]
    public void Purges_nothing_that_shares_the_damage_with_a_container()
    {
        var stored = Stored(sound: false, firstDamaged: 0);
        var installed = Stored("installed", "example.org/kelvin:1.10.3", sound: false, firstDamaged: 0, usedBy: "kelvin");
        Assert.That(Plan(Engine(stored, installed), Seen(Served(), stored)), Is.EqualTo(new[] { $"ask-operator {Name}" }));
    }

    [Test]
    public void Does_not_pull_another_image_onto_a_damaged_layer_that_has_to_stay()
    {
        const string next = "example.org/kelvin:release3.1.1";
        var stored = Stored(sound: false, firstDamaged: 0);
        var installed = Stored("installed", "example.org/kelvin:1.10.3", sound: false, firstDamaged: 0, usedBy: "kelvin");
        Assert.That(Plan(Engine(stored, installed), Seen(Served(), stored), Seen(Served("next"), null, name: next)),
            Is.EqualTo(new[] { $"ask-operator {Name}", $"ask-operator {next}" }));
    }

    [Test]
    public void Purges_all_images_on_a_damaged_layer_before_it_pulls_any()
    {
        const string next = "example.org/kelvin:release3.1.1";
        var (a, b) = (Stored("a", sound: false, firstDamaged: 0), Stored("b", next, sound: false, firstDamaged: 0));
        Assert.That(Plan(Engine(a, b), Seen(Served("a"), a), Seen(Served("b"), b, name: next)), Is.EqualTo(new[]
        {
            $"purge {Name} {a.RepoDigests[0]}", $"purge {next} {b.RepoDigests[0]}", $"pull {Name}", $"pull {next}",
        }));
    }

    [Test]
    public void Asks_when_an_image_outside_the_chain_stands_on_the_damage()
    {
        var (stored, foreign) = (Stored(sound: false, firstDamaged: 0), Stored("foreign", "foreign:1", sound: false, firstDamaged: 0));
        Assert.That(Plan(Engine(stored, foreign), Seen(Served(), stored)), Is.EqualTo(new[] { $"ask-operator {Name}" }));
    }

    [Test]
    public void Removes_a_stale_digest_reference_by_its_name_only()
    {
        var served = Served();
        var stored = Stored() with { RepoDigests = [] };
        var reference = $"example.org/kelvin@{served.Root.Digest}";
        var other = Stored("other", "other:1") with { RepoDigests = [reference] };
        Assert.That(Plan(Engine(stored, other), Seen(served, stored)), Is.EqualTo(new[] { $"purge {reference}", $"pull {Name}" }));
    }

    [Test]
    public void Pulls_over_a_rotten_configuration_without_a_purge()
    {
        var stored = Stored() with { Fault = new(Source.Engine, Fault.Corrupt, "failed to verify image"), DiffIds = [] };
        Assert.That(Plan(Engine(stored), Seen(Served(), stored)), Is.EqualTo(new[] { $"pull {Name}" }));
    }

    [Test]
    public void Purges_an_altered_manifest_of_the_containerd_store_first_for_a_blob_that_is_there_is_never_fetched()
    {
        var served = Served();
        var stored = Stored(sound: true) with { Id = served.Root.Digest };
        var fault = new SourceFault(Source.Engine, Fault.Corrupt, "the stored configuration is not the one that was pulled");
        stored = stored with { Content = stored.Content! with { Way = ProofWay.ContentBlobs, Fault = fault } };
        var engine = Engine(stored) with { UsesContainerdStore = true };
        Assert.That(Plan(engine, Seen(served, stored)), Is.EqualTo(new[] { $"purge {Name} {stored.RepoDigests[0]}", $"pull {Name}" }));
    }

    [Test]
    public void Leaves_an_altered_manifest_of_the_containerd_store_to_a_person_while_it_is_in_use()
    {
        var served = Served();
        var stored = Stored(sound: true, usedBy: "web") with { Id = served.Root.Digest };
        stored = stored with { Content = stored.Content! with { Way = ProofWay.ContentBlobs, Fault = new(Source.Engine, Fault.Corrupt, "altered") } };
        var engine = Engine(stored) with { UsesContainerdStore = true };
        Assert.That(Plan(engine, Seen(served, stored)), Is.EqualTo(new[] { $"ask-operator {Name}" }));
    }

    [Test]
    public void Touches_nothing_when_space_is_short() =>
        Assert.That(Plan(Engine() with { FreeBytes = 10 }, Seen(Served(), null)), Is.EqualTo(new[] { "ask-operator /var/lib/docker" }));

    private static IReadOnlyList<Remedy> Remedies(EngineState engine, params ImageObservation[] observations)
    {
        var findings = observations.SelectMany(o => (IEnumerable<Finding>)[.. ServedCheck.Look(o, engine), .. StoredCheck.Look(o, engine), .. InUseCheck.Look(o, engine)])
            .Concat(SpaceCheck.Look(SpaceCheck.Need(observations, engine), engine));
        return RemedyPlanner.Plan(observations, [.. findings], engine).Remedies;
    }

    private static IEnumerable<string> Plan(EngineState engine, params ImageObservation[] observations) =>
        Remedies(engine, observations).Select(remedy => remedy.Kind switch
        {
            RemedyKind.Purge => $"purge {string.Join(' ', remedy.Names)}",
            RemedyKind.Pull => $"pull {remedy.Subject}",
            _ => $"ask-operator {remedy.Subject}",
        });
}
