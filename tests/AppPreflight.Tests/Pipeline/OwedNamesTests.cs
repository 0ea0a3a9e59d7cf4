using AppPreflight.Images;
using AppPreflight.Ports;
using AppPreflight.Remedies;
using NUnit.Framework;
using static AppPreflight.Values;

namespace AppPreflight.Pipeline;

internal sealed class OwedNamesTests
{
    private static readonly StoredImage Back = Stored() with { Tags = [Name] };

    private FakeJournal journal = new();
    private List<string> notes = [];

    [SetUp]
    public void OweTwoNames()
    {
        notes = [];
        journal = new();
        journal.Append(new JournalLine(JournalMark.Intent, "r1", 1, DateTimeOffset.UnixEpoch)
        { App = "kelvin", Kind = RemedyKind.Purge, Image = Name, Of = Back.Id.ToString(), Names = [Name, "mine:1"] });
    }

    [Test]
    [CancelAfter(10_000)]
    public async Task Puts_what_stands_nowhere_on_the_very_image_and_closes_the_account(CancellationToken cancellationToken)
    {
        var store = new FakeStore(Engine(Back));
        Assert.That(await PutBackAsync(store, cancellationToken), Is.True);
        Assert.That(store.Acts, Is.EqualTo(new[] { "tag mine:1" }));
        Assert.That(notes, Is.EqualTo(new[] { "mine:1 stands again on the image that had this name before a purge" }));
        Assert.That(journal.Owed(), Is.Empty);
    }

    [Test]
    [CancelAfter(10_000)]
    public async Task Waits_for_an_image_that_is_not_back(CancellationToken cancellationToken)
    {
        var store = new FakeStore(Engine(Stored("newer") with { Tags = [Name] }));
        Assert.That(await PutBackAsync(store, cancellationToken), Is.False);
        Assert.That(store.Acts, Is.Empty, "never on anything else");
        Assert.That(journal.Owed(), Has.Count.EqualTo(1));
    }

    [Test]
    [CancelAfter(10_000)]
    public async Task Takes_no_name_away_from_another_image(CancellationToken cancellationToken)
    {
        var store = new FakeStore(Engine(Back, Stored("other") with { Tags = ["mine:1"] }));
        Assert.That(await PutBackAsync(store, cancellationToken), Is.False);
        Assert.That(store.Acts, Is.Empty);
        Assert.That(journal.Owed(), Is.Empty, "somebody has decided");
    }

    [Test]
    [CancelAfter(10_000)]
    public async Task Keeps_the_account_open_when_the_engine_refuses(CancellationToken cancellationToken)
    {
        var store = new FakeStore(Engine(Back));
        store.Refusals["tag mine:1"] = new(Source.Engine, Fault.Unreachable, "gone");
        Assert.That(await PutBackAsync(store, cancellationToken), Is.False);
        Assert.That(journal.Owed(), Has.Count.EqualTo(1));
        Assert.That(notes.Single(), Does.StartWith("the names that a purge took could not all be put back: "));
    }

    private Task<bool> PutBackAsync(FakeStore store, CancellationToken cancellationToken) =>
        new OwedNames(journal, store, TimeProvider.System).PutBackAsync(notes.Add, cancellationToken);
}
