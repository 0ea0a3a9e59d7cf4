using AppPreflight.Checks;
using AppPreflight.Images;
using AppPreflight.Ports;
using AppPreflight.Remedies;
using AppPreflight.Runs;
using NUnit.Framework;
using static AppPreflight.Values;

namespace AppPreflight.Pipeline;

internal sealed class RepairerTests
{
    private static readonly StoredImage Rotten = Stored(sound: false) with { Tags = [Name, "mine:1"] };

    private readonly FakeJournal journal = new();

    [SetUp]
    public void Empty()
    {
        journal.IsFull = false;
        journal.Lines.Clear();
    }

    [Test]
    [CancelAfter(10_000)]
    public async Task Purges_and_pulls_with_an_intent_before_each_act_and_its_outcome_after(CancellationToken cancellationToken)
    {
        var store = new FakeStore(Engine(Rotten));
        var outcomes = await RepairAsync(store, Plan(), cancellationToken);
        Assert.That(store.Acts.Take(4), Is.EqualTo(new[] { $"remove {Name}", "remove mine:1", $"remove {Rotten.RepoDigests[0]}", $"pull {Name}" }));
        Assert.That(store.Acts[4..], Is.EqualTo(new[] { "tag mine:1" }), "its further name is back");
        Assert.That(outcomes, Has.All.EqualTo(ActionOutcome.Done));
        Assert.That(journal.Lines.Select(line => line.Mark), Is.EqualTo(new[] { JournalMark.Intent, JournalMark.Outcome, JournalMark.Intent, JournalMark.Outcome }));
    }

    [Test]
    [CancelAfter(10_000)]
    public async Task Does_nothing_that_the_journal_cannot_take(CancellationToken cancellationToken)
    {
        journal.IsFull = true;
        var store = new FakeStore(Engine(Rotten));
        Assert.That(await RepairAsync(store, Plan(), cancellationToken), Has.All.EqualTo(ActionOutcome.Refused));
        Assert.That(store.Acts, Is.Empty);
    }

    [Test]
    [CancelAfter(10_000)]
    public async Task Purges_nothing_whose_replacement_was_only_asked_for(CancellationToken cancellationToken)
    {
        var store = new FakeStore(Engine(Rotten));
        var plan = new RemedyPlan([.. Plan().Remedies.Select(remedy => remedy with { IsProven = false })]);
        Assert.That(await RepairAsync(store, plan, cancellationToken), Has.All.EqualTo(ActionOutcome.Refused));
        Assert.That(store.Acts, Is.Empty);
    }

    [Test]
    [CancelAfter(10_000)]
    public async Task Purges_nothing_that_a_container_took_since_the_plan(CancellationToken cancellationToken)
    {
        var store = new FakeStore(Engine(Rotten with { InUseBy = [new("c1", "new", IsRunning: false)] }));
        Assert.That(await RepairAsync(store, Plan(), cancellationToken), Has.All.EqualTo(ActionOutcome.Refused));
        Assert.That(store.Acts, Is.Empty);
    }

    [Test]
    [CancelAfter(10_000)]
    public async Task Purges_nothing_that_got_another_name_since_the_plan(CancellationToken cancellationToken)
    {
        var store = new FakeStore(Engine(Rotten with { Tags = [Name, "mine:1", "keep:1"] }));
        Assert.That(await RepairAsync(store, Plan(), cancellationToken), Has.All.EqualTo(ActionOutcome.Refused));
        Assert.That(store.Acts, Is.Empty);
    }

    [Test]
    [CancelAfter(10_000)]
    public async Task Puts_the_names_back_when_the_engine_stops_a_purge_half_way(CancellationToken cancellationToken)
    {
        var store = new FakeStore(Engine(Rotten));
        store.Refusals["remove mine:1"] = new(Source.Engine, Fault.Refused, "conflict");
        Assert.That(await RepairAsync(store, Plan(), cancellationToken), Has.All.EqualTo(ActionOutcome.Refused));
        Assert.That(store.Acts, Is.EqualTo(new[] { $"remove {Name}", $"tag {Name}" }));
    }

    [Test]
    [CancelAfter(10_000)]
    public async Task Removes_all_that_has_to_go_for_one_image_or_nothing_of_it(CancellationToken cancellationToken)
    {
        var (used, plan) = (Stored("other", "other:1", usedBy: "web"), Plan().Remedies);
        var more = plan[0] with { Subject = "other:1", Of = used.Id, Names = [.. used.Tags, .. used.RepoDigests] };
        var store = new FakeStore(Engine(Rotten, used));
        Assert.That(await RepairAsync(store, new([plan[0], more, .. plan.Skip(1)]), cancellationToken), Has.All.EqualTo(ActionOutcome.Refused));
        Assert.That(store.Acts, Is.Empty);
    }

    [Test]
    [CancelAfter(10_000)]
    public async Task Cleans_up_after_a_pull_by_what_is_so_then(CancellationToken cancellationToken)
    {
        var (left, pull) = (Rotten with { Tags = [] }, Plan().Remedies[^1]);
        var leftover = Plan().Remedies[0] with { Subject = "leftover", Names = left.RepoDigests, Room = null };
        var store = new FakeStore(Engine(Rotten)) { AfterPull = Engine(left) };
        var outcomes = await RepairAsync(store, new([pull with { AlsoTags = [] }, leftover]), cancellationToken);
        Assert.That(outcomes, Has.All.EqualTo(ActionOutcome.Done), "before the pull its tag stood in the way, and nobody planned to take it");
    }

    [Test]
    [CancelAfter(10_000)]
    public async Task Takes_no_name_that_stands_on_another_image_by_now(CancellationToken cancellationToken)
    {
        var store = new FakeStore(Engine(Rotten with { Tags = [], RepoDigests = [] }, Stored("newer")));
        Assert.That(await RepairAsync(store, Plan(), cancellationToken), Has.All.EqualTo(ActionOutcome.Refused));
        Assert.That(store.Acts, Is.Empty);
    }

    [Test]
    [CancelAfter(10_000)]
    public async Task Puts_no_further_name_on_an_image_that_is_not_the_proven_one(CancellationToken cancellationToken)
    {
        var store = new FakeStore(Engine(Rotten)) { AfterPull = Engine(Stored("newer")) };
        var outcomes = await RepairAsync(store, Plan(), cancellationToken);
        Assert.That(outcomes, Is.EqualTo(new[] { ActionOutcome.Done, ActionOutcome.Failed }));
        Assert.That(store.Acts, Has.None.StartsWith("tag "));
    }

    [Test]
    [CancelAfter(10_000)]
    public async Task Purges_nothing_for_whose_replacement_there_is_no_room_any_more(CancellationToken cancellationToken)
    {
        foreach (var full in new[] { Engine(Rotten) with { FreeBytes = 4096 }, Engine(Rotten) with { FreeInodes = 5 } })
        {
            var store = new FakeStore(full);
            Assert.That(await RepairAsync(store, Plan(), cancellationToken), Has.All.EqualTo(ActionOutcome.Refused));
            Assert.That(store.Acts, Is.Empty);
        }
    }

    private static RemedyPlan Plan()
    {
        var engine = Engine(Rotten);
        var observation = Seen(Served(), Rotten) with { Depth = Depth.Content };
        return RemedyPlanner.Plan([observation], [.. StoredCheck.Look(observation, engine)], engine);
    }

    private async Task<IEnumerable<ActionOutcome>> RepairAsync(FakeStore store, RemedyPlan plan, CancellationToken cancellationToken)
    {
        using var registry = new FakeRegistry(Served());
        var repairer = new Repairer("run", "kelvin", store, new NoLayers(), registry, journal, TimeProvider.System, new NoEvents());
        return (await repairer.RepairAsync(plan, Engine(Rotten), cancellationToken)).Select(action => action.Outcome);
    }
}
