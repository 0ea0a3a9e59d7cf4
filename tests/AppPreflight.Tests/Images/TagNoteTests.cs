using AppPreflight.Oci;
using NUnit.Framework;
using static AppPreflight.Values;

namespace AppPreflight.Images;

public sealed class TagNoteTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 1, 3, 10, 0, TimeSpan.Zero);

    [Test]
    public void Has_for_every_sequence_of_looks_its_last_states_in_order_with_first_and_last_sight()
    {
        var random = new Random(20261122);
        for (var round = 0; round < 500; round++)
        {
            var looks = Enumerable.Range(0, 1 + random.Next(60)).Select(day => (Image: random.Next(4), At: Start.AddDays(day))).ToList();
            var note = looks.Skip(1).Aggregate(Seen(looks[0].Image, looks[0].At), (seen, look) => seen.Then(Seen(look.Image, look.At).Latest));
            Assert.That(note.States.Select(Text), Is.EqualTo(Model(looks).TakeLast(TagNote.MostStates).Select(Text)));
            var move = note.LastMove;
            Assert.That(move is null, Is.EqualTo(note.States.Count == 1));
            if (move is null) continue;
            Assert.That(move.Before.Marks.Manifest, Is.Not.EqualTo(move.After.Marks.Manifest));
            Assert.That(move.Before.Last, Is.LessThan(move.After.First));
            Assert.That(move.SameBefore is not null, Is.EqualTo(note.States.SkipLast(2).Any(state => state.Root == move.After.Root)));
        }
    }

    [Test]
    public void Begins_no_state_for_another_index_around_the_same_manifest()
    {
        var first = Seen(1, Start);
        var note = first.Then(first.Latest with { Root = DigestOf("index with attestation"), First = Start.AddDays(1), Last = Start.AddDays(1) });
        Assert.That(note.States.Select(state => (state.Root, state.First, state.Last)), Is.EqualTo(new[] { (DigestOf("index with attestation"), Start, Start.AddDays(1)) }));
    }

    [Test]
    public void Shortens_no_state_by_a_clock_that_was_set_back()
    {
        var note = Seen(1, Start).Then(Seen(1, Start.AddYears(-5)).Latest);
        Assert.That((note.Latest.First, note.Latest.Last), Is.EqualTo((Start, Start)));
    }

    [Test]
    public void Keeps_the_platforms_of_a_tag_apart_and_its_spellings_together()
    {
        string KeyOf(Platform platform) => TagNote.Of(ImageReference.Parse(Name), Served(), platform, Start)!.Key;
        Assert.That(KeyOf(new("linux", "x86_64")), Is.EqualTo(KeyOf(new("linux", "amd64"))).And.Not.EqualTo(KeyOf(new("linux", "arm64"))));
    }

    [Test]
    public void Has_nothing_to_remember_of_a_digest_or_of_what_never_runs()
    {
        var served = Served();
        Assert.That(TagNote.Of(ImageReference.Parse($"example.org/kelvin@{served.Root.Digest}"), served, new("linux", "amd64"), Start), Is.Null);
        var tower = served with { Config = served.Config with { DiffIds = [.. Enumerable.Range(0, TagNote.MostLayers + 1).Select(i => Diff($"{i}"))] } };
        Assert.That(TagNote.Of(ImageReference.Parse(Name), tower, new("linux", "amd64"), Start), Is.Null);
        Assert.That(TagNote.Of(ImageReference.Parse(Name), served, new("linux", new string('x', TagNote.LongestKey)), Start), Is.Null);
    }

    private static TagNote Seen(int image, DateTimeOffset at) => TagNote.Of(ImageReference.Parse(Name), Served($"seed{image}"), new("linux", "amd64"), at)!;

    private static string Text(TagState state) => $"{state.Root.Short} {state.First:O} {state.Last:O}";

    // one state for each stretch of equal looks
    private static IEnumerable<TagState> Model(List<(int Image, DateTimeOffset At)> looks)
    {
        for (var from = 0; from < looks.Count;)
        {
            var to = from;
            while (to + 1 < looks.Count && looks[to + 1].Image == looks[from].Image) to++;
            yield return Seen(looks[from].Image, looks[from].At).Latest with { Last = looks[to].At };
            from = to + 1;
        }
    }
}
