using System.Collections.Immutable;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Pipeline;
using AppPreflight.Runs;
using NUnit.Framework;

namespace AppPreflight.Agent;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class ScrubOrderTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 2, 0, 0, TimeSpan.Zero);
    private static readonly ChainId A = Chain("a"), B = Chain("b"), C = Chain("c"), D = Chain("d");

    private readonly Dictionary<ChainId, ProofNote> notes = [];
    private readonly Dictionary<ChainId, int> cut = [];
    private readonly HashSet<ChainId> done = [];
    private AgentConfig config = new();

    [Test]
    public void Takes_what_was_never_proved_or_is_damaged_first_and_then_the_longest_unread()
    {
        Proved(A, days: 3);
        Proved(B, days: 9);
        Proved(C, days: 2, isSound: false);
        Assert.That(Order(A, B, C, D), Is.EqualTo(new[] { C, D }.OrderBy(chain => chain.ToString(), StringComparer.Ordinal).Concat([B, A])));
    }

    [Test]
    public void Leaves_out_what_was_proved_in_the_last_twenty_hours()
    {
        notes[A] = Note(A, Now.AddHours(-19.9));
        notes[B] = Note(B, Now.AddHours(-20));
        Assert.That(Order(A, B), Is.EqualTo(new[] { B }));
    }

    [Test]
    public void Takes_a_proof_from_the_future_for_none()
    {
        notes[A] = Note(A, Now.AddDays(400));
        Proved(B, days: 30);
        Assert.That(Order(B, A), Is.EqualTo(new[] { A, B }));
    }

    [Test]
    public void Puts_a_layer_that_a_night_was_too_short_for_behind_the_others()
    {
        cut[A] = 1;
        Proved(B, days: 2);
        Assert.That(Order(A, B), Is.EqualTo(new[] { B, A }));
    }

    [Test]
    public void Reads_nothing_twice_in_a_night()
    {
        done.Add(A);
        Assert.That(Order(A), Is.Empty);
    }

    [Test]
    public void Leaves_alone_what_only_apps_want_whose_owner_wants_nothing()
    {
        config = new() { Apps = ImmutableDictionary<string, AutoMode>.Empty.Add("off", AutoMode.Off) };
        Assert.That(ScrubOrder.Of([Layer(A, "off"), Layer(B, "off", "wiki")], notes, config, Now, done, cut), Is.EqualTo(new[] { B }));
    }

    private IReadOnlyList<ChainId> Order(params ChainId[] layers) => ScrubOrder.Of(layers.Select(layer => Layer(layer, "wiki")), notes, config, Now, done, cut);

    private void Proved(ChainId layer, int days, bool isSound = true) => notes[layer] = Note(layer, Now.AddDays(-days)) with { IsSound = isSound };

    private static ProofNote Note(ChainId layer, DateTimeOffset at) => new(layer, at, IsSound: true, ProofWay.LayerStore, IsFromMedium: false, 1, "");

    private static ScrubLayer Layer(ChainId layer, params string[] apps) => new(layer, Values.Stored(), Values.Name, apps);

    private static ChainId Chain(string text) => new(Values.DigestOf(text));
}
