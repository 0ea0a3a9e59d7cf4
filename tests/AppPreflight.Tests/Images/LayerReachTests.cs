using AppPreflight.Oci;
using NUnit.Framework;
using static AppPreflight.Values;

namespace AppPreflight.Images;

internal sealed class LayerReachTests
{
    private const int Layers = 4;

    /// <summary>
    /// By brute force over small stores: a model of moby's layer store (a layer lives while an image or a container is on its chain id) is asked
    /// of every subset whether its removal heals the layer.
    /// </summary>
    [Test]
    public void Heals_by_what_it_removes_and_by_nothing_less([Range(0, 3)] int block)
    {
        for (var seed = block * 500; seed < (block + 1) * 500; seed++)
        {
            var (engine, damaged) = Store(new Random(seed));
            foreach (var reach in LayerReach.Of(engine, [damaged]))
            {
                var holders = engine.Images.Where(image => ChainId.AllOf(image.DiffIds).Contains(reach.Chain)).ToList();
                var all = engine.Images.Select(image => image.Name).Concat(engine.Images.SelectMany(image => image.InUseBy).Select(container => container.Name)).ToList();
                var healing = Enumerable.Range(0, 1 << all.Count).Select(mask => all.Where((_, i) => (mask >> i & 1) == 1).ToHashSet(StringComparer.Ordinal))
                    .Where(gone => IsGone(holders, gone)).ToList();
                var removed = reach.Remove.ToHashSet(StringComparer.Ordinal);
                Assert.That(IsGone(holders, removed), Is.True, $"seed {seed}: removing it all heals");
                Assert.That(healing.Min(gone => gone.Count), Is.EqualTo(removed.Count), $"seed {seed}: nothing smaller does");
                Assert.That(healing, Has.All.Matches<HashSet<string>>(gone => removed.IsSubsetOf(gone!)), $"seed {seed}: whatever heals takes it along");
            }
        }
    }

    [Test]
    public void Can_be_removed_in_the_order_given_by_the_rules_of_the_engine()
    {
        for (var seed = 0; seed < 2000; seed++)
        {
            var (engine, damaged) = Store(new Random(seed));
            foreach (var reach in LayerReach.Of(engine, [damaged]))
            {
                var gone = new HashSet<string>(StringComparer.Ordinal);
                foreach (var name in reach.Remove)
                {
                    if (engine.Images.FirstOrDefault(image => image.Name == name) is { } image)
                    {
                        Assert.That(image.InUseBy.Where(container => !gone.Contains(container.Name)), Is.Empty, $"seed {seed}: {name} is in use");
                        Assert.That(engine.Images.Where(child => child.Parent == image.Id && !gone.Contains(child.Name)), Is.Empty, $"seed {seed}: {name} has children");
                    }

                    Assert.That(gone.Add(name), Is.True, $"seed {seed}: {name} twice");
                }
            }
        }
    }

    [Test]
    public void Names_one_layer_once_although_several_images_were_found_damaged_in_it()
    {
        var (a, b) = (Stored("a", sound: false, firstDamaged: 0), Stored("b", sound: false, firstDamaged: 0));
        var reaches = LayerReach.Of(Engine(a, b), [a, b]);
        Assert.That(reaches.Select(reach => reach.DiffId), Is.EquivalentTo(new[] { Diff("base"), Diff("a 1"), Diff("a 2"), Diff("b 1"), Diff("b 2") }));
        Assert.That(reaches[0].Images, Has.Count.EqualTo(2));
    }

    [Test]
    public void Suspects_the_lowest_layer_that_no_sound_image_clears_where_only_an_export_failed()
    {
        var damaged = Stored("a") with { Content = new() { Fault = new(Source.Engine, Fault.Corrupt, "file integrity checksum failed") } };
        var sound = Stored("b", sound: true);
        Assert.That(LayerReach.Of(Engine(damaged), [damaged]).Single().DiffId, Is.EqualTo(Diff("base")));
        Assert.That(LayerReach.Of(Engine(damaged, sound), [damaged]).Single().DiffId, Is.EqualTo(Diff("a 1")));
    }

    [Test]
    public void Reaches_whoever_names_the_blob_in_a_containerd_store()
    {
        var damaged = Stored("a", sound: false);
        var other = Stored("b") with { DiffIds = [Diff("x"), Diff("a 2")] };
        Assert.That(LayerReach.Of(Engine(damaged, other) with { UsesContainerdStore = true }, [damaged]).Single().Images, Has.Count.EqualTo(2));
        Assert.That(LayerReach.Of(Engine(damaged, other), [damaged]).Single().Images, Has.Count.EqualTo(1));
    }

    // moby layer/layer_store.go: references of images and of containers' own layers keep a chain, and all below it
    private static bool IsGone(List<StoredImage> holders, HashSet<string> gone) =>
        holders.TrueForAll(image => gone.Contains(image.Name) && image.InUseBy.All(container => gone.Contains(container.Name)));

    /// <summary>A few images with few layers, built on each other or not, some with containers; one is damaged somewhere.</summary>
    private static (EngineState Engine, StoredImage Damaged) Store(Random random)
    {
        var images = new List<StoredImage>();
        for (var i = random.Next(1, 4); i > 0; i--)
        {
            var parent = images.Count > 0 && random.Next(3) == 0 ? images[random.Next(images.Count)] : null;
            var own = Enumerable.Range(0, random.Next(parent is null ? 1 : 0, Layers)).Select(_ => Diff($"{random.Next(2)}"));
            images.Add(Stored($"image {i}", $"example.org/image:{i}") with
            {
                DiffIds = [.. parent?.DiffIds ?? [], .. own],
                Parent = parent?.Id,
                InUseBy = [.. Enumerable.Range(0, random.Next(3)).Select(c => new ContainerUse($"{i} {c}", $"container-{i}-{c}", random.Next(2) == 0))],
            });
        }

        var damaged = images[random.Next(images.Count)];
        var rotten = random.Next(damaged.DiffIds.Count);
        var content = Read(damaged.DiffIds).Select((layer, place) => place == rotten || random.Next(4) == 0 ? layer with { Observed = DigestOf("rot") } : layer);
        var spoilt = damaged with { Content = new() { Layers = [.. content] } };
        return (Engine([.. images.Select(image => image.Id == spoilt.Id ? spoilt : image)]), spoilt);
    }
}
