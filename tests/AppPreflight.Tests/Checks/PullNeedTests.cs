using AppPreflight.Images;
using NUnit.Framework;
using static AppPreflight.Values;

namespace AppPreflight.Checks;

internal sealed class PullNeedTests
{
    [Test]
    public void Fetches_everything_of_an_image_when_nothing_is_there() =>
        Assert.That(Fetched(Engine(), Of("base", "a", "b")), Is.EqualTo(new[] { "base", "a", "b" }));

    [Test]
    public void Fetches_a_layer_once_that_an_earlier_image_of_the_chain_brings() =>
        Assert.That(Fetched(Engine(), Of("base", "runtime", "a"), Of("base", "runtime", "b")), Is.EqualTo(new[] { "base", "runtime", "a", "b" }));

    [Test]
    public void Reuses_the_layers_that_stand_on_the_same_layers_in_the_store() =>
        Assert.That(Fetched(Engine(Held("base", "a")), Of("base", "b")), Is.EqualTo(new[] { "b" }));

    [Test]
    public void Fetches_a_layer_again_that_stands_on_others_in_the_store() =>
        Assert.That(Fetched(Engine(Held("other", "a")), Of("base", "a")), Is.EqualTo(new[] { "base", "a" }));

    [Test]
    public void Fetches_a_layer_again_that_stands_on_others_in_an_earlier_image() =>
        Assert.That(Fetched(Engine(), Of("base", "a"), Of("other", "a")), Is.EqualTo(new[] { "base", "a", "other", "a" }));

    [Test]
    public void Fetches_from_the_first_missing_layer_on_although_a_higher_one_is_elsewhere() =>
        Assert.That(Fetched(Engine(Held("base", "x", "a")), Of("base", "b", "a")), Is.EqualTo(new[] { "b", "a" }));

    [Test]
    public void Fetches_one_digest_once_in_an_image_and_unpacks_it_twice()
    {
        var layers = PullNeed.Of([Of("base", "empty", "a", "empty")], Engine()).Single().Layers;
        Assert.That(layers.Select(layer => layer.IsFetched), Is.EqualTo(new[] { true, true, true, false }));
        Assert.That(layers.Select(layer => layer.IsUnpacked), Has.All.True);
    }

    [Test]
    public void Fetches_nothing_of_an_image_that_is_there_under_any_name() =>
        Assert.That(Fetched(Engine(Held("base", "a") with { Tags = ["mine:1"] }), Of("base", "a")), Is.Empty);

    [Test]
    public void Fetches_an_image_whole_whose_stored_copy_is_damaged()
    {
        var damaged = Spoilt(Held("base", "a"), "a");
        Assert.That(Fetched(Engine(damaged), Of("base", "a")), Is.EqualTo(new[] { "base", "a" }));
    }

    [Test]
    public void Reuses_the_sound_layers_below_the_damage_that_another_image_keeps()
    {
        var damaged = Spoilt(Held("base", "a"), "a");
        Assert.That(Fetched(Engine(damaged, Held("base", "b")), Of("base", "a")), Is.EqualTo(new[] { "a" }));
    }

    [Test]
    public void Counts_no_layer_as_held_that_a_neighbour_nobody_read_shares_with_the_damage()
    {
        var damaged = Spoilt(Held("base", "a", "b"), "a");
        Assert.That(Fetched(Engine(damaged, Held("base", "a", "c")), Of("base", "a", "b")), Is.EqualTo(new[] { "a", "b" }));
    }

    [Test]
    public void Saves_nothing_by_an_image_that_was_not_pulled()
    {
        // the engine knows which digest is which layer only from its own pulls
        Assert.That(Fetched(Engine(Held("base", "a") with { RepoDigests = [] }), Of("base", "b")), Is.EqualTo(new[] { "base", "b" }));
    }

    [Test]
    public void Fetches_no_blob_that_a_containerd_store_has_wherever_it_stands()
    {
        var engine = Engine(Held("other", "a")) with { UsesContainerdStore = true };
        var layers = PullNeed.Of([Of("base", "a"), Of("third", "a")], engine).SelectMany(need => need.Layers).ToList();
        Assert.That(layers.Select(layer => (Name(layer), layer.IsFetched, layer.IsUnpacked)), Is.EqualTo(new[]
        {
            ("base", true, true), ("a", false, true), ("third", true, true), ("a", false, true),
        }));
    }

    /// <summary>The engine's rule once more, by brute force: a small layer store as a set of chain ids, pulled into image by image.</summary>
    [Test]
    public void Fetches_what_a_small_engine_would_fetch_whatever_is_there()
    {
        string[] alphabet = ["a", "b", "c"];
        for (var seed = 0; seed < 20_000; seed++)
        {
            var random = new Random(seed);
            string[] Draw() => [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => alphabet[random.Next(alphabet.Length)])];
            var held = Enumerable.Range(0, random.Next(3)).Select(_ => Draw()).ToList();
            var wanted = Enumerable.Range(0, random.Next(1, 4)).Select(_ => Draw()).ToList();
            Assert.That(Fetched(Engine([.. held.Select(Held)]), [.. wanted.Select(Of)]), Is.EqualTo(Modelled(held, wanted)), $"seed {seed}");
        }
    }

    private static List<string> Modelled(List<string[]> held, List<string[]> wanted)
    {
        var store = held.SelectMany(Prefixes).ToHashSet(StringComparer.Ordinal);
        var images = held.Select(layers => string.Join(' ', layers)).ToHashSet(StringComparer.Ordinal);
        var fetched = new List<string>();
        foreach (var image in wanted.Where(layers => images.Add(string.Join(' ', layers))))
        {
            var (isMissing, here) = (false, new HashSet<string>(StringComparer.Ordinal));
            foreach (var (layer, chain) in image.Zip(Prefixes(image)))
            {
                isMissing |= !store.Contains(chain);
                if (isMissing && here.Add(layer)) fetched.Add(layer);
                store.Add(chain);
            }
        }

        return fetched;
    }

    private static IEnumerable<string> Prefixes(string[] layers) => layers.Select((_, i) => string.Join(' ', layers.Take(i + 1)));

    private static IEnumerable<string> Fetched(EngineState engine, params ImageObservation[] wanted) =>
        PullNeed.Of(wanted, engine).SelectMany(need => need.Layers).Where(layer => layer.IsFetched).Select(Name);

    private static string Name(PulledLayer layer) => layer.Layer.Descriptor.MediaType;

    private static ImageObservation Of(params string[] layers)
    {
        // the media type carries the name: nothing here reads it
        var list = layers.Select(name => new ServedLayer(new(name, DigestOf(name), 1000), Diff(name))).ToList();
        var served = Served(string.Join(' ', layers)) with { Layers = list };
        return Seen(served, null);
    }

    private static StoredImage Held(params string[] layers)
    {
        var image = Stored(string.Join(' ', layers), $"example.org/kelvin:{string.Join('-', layers)}");
        return image with { DiffIds = [.. layers.Select(Diff)] };
    }

    private static StoredImage Spoilt(StoredImage image, string layer) => image with
    {
        Content = new() { Layers = [.. Read(image.DiffIds).Select(one => one.DiffId == Diff(layer) ? one with { Observed = DigestOf("rot") } : one)] },
    };
}
