using AppPreflight.Images;
using NUnit.Framework;
using static AppPreflight.Values;

namespace AppPreflight.Checks;

internal sealed class SpaceCheckTests
{
    private const long Layer = 16 * 4096;
    private const long Image = 8 * 4096;
    private const long Entry = 3584;

    [Test]
    public void Adds_each_image_on_top_of_what_stays_of_those_before()
    {
        var need = SpaceCheck.Need([Seen(Served("a"), null), Seen(Served("b"), null)], Engine());
        Assert.That((need.ToPullBytes, need.UnpackedBytes, need.IsEstimate), Is.EqualTo((5000L, 15_000L, true)), "the base layer once");
        var a = Image + 3 * (3000 + Layer);
        Assert.That(need.DiskBytes, Is.EqualTo(a + Image + 2 * (3000 + Layer) + 1000), "the peak is when the last layer is unpacked beside its download");
        Assert.That(need.Inodes, Is.EqualTo(2 * 8 + 5 * 16));
    }

    [Test]
    public void Has_its_peak_at_the_first_layer_where_the_downloads_outweigh_what_is_unpacked()
    {
        var served = Sized((10, 5000, 0), (900_000, 20_000, 0));
        Assert.That(SpaceCheck.Need([Seen(served, null)], Engine()).DiskBytes, Is.EqualTo(Image + 2 * Layer + 25_000 + 900_000));
        served = Sized((900_000, 1000, 0), (10, 20_000, 0));
        Assert.That(SpaceCheck.Need([Seen(served, null)], Engine()).DiskBytes, Is.EqualTo(Image + Layer + 1000 + 900_010));
    }

    /// <summary>The rule by brute force: downloads come all at once, each goes when its layer is unpacked.</summary>
    [Test]
    public void Is_never_less_than_what_lies_on_the_disk_at_any_moment_and_no_more_than_the_most()
    {
        for (var seed = 0; seed < 3000; seed++)
        {
            var random = new Random(seed);
            var layers = Enumerable.Range(0, random.Next(1, 7)).Select(_ => (random.NextInt64(1, 1 << 20), random.NextInt64(1, 1 << 22), (long)random.Next(50))).ToArray();
            var most = 0L;
            for (var i = 0; i < layers.Length; i++)
            {
                var unpacked = layers.Take(i + 1).Sum(layer => layer.Item2 + layer.Item3 * Entry + Layer);
                most = Math.Max(most, Image + unpacked + layers.Skip(i).Sum(layer => layer.Item1));
            }

            Assert.That(SpaceCheck.Need([Seen(Sized(layers), null)], Engine()).DiskBytes, Is.EqualTo(most), $"seed {seed}");
        }
    }

    [Test]
    public void Keeps_the_downloads_where_the_store_does()
    {
        var engine = Engine() with { UsesContainerdStore = true };
        Assert.That(SpaceCheck.Need([Seen(Sized((700, 5000, 3), (900, 20_000, 4)), null)], engine).DiskBytes,
            Is.EqualTo(Image + 2 * Layer + 25_000 + 7 * Entry + 1600));
    }

    [Test]
    public void Takes_what_was_read_before_what_was_told_before_a_guess()
    {
        Assert.That(Unpacked(layer => layer with { Proof = null }), Is.EqualTo((2 * 3000L + 4 * 1000, true)));
        Assert.That(Unpacked(layer => layer with { Proof = null, UnpackedBytes = 7777 }), Is.EqualTo((2 * 3000L + 7777, true)));
        Assert.That(SpaceCheck.Need([Seen(Sized((1000, 3000, 1)), null)], Engine()).IsEstimate, Is.False);
        Assert.That(SpaceCheck.Need([Seen(Served(), Stored())], Engine(Stored())).IsEstimate, Is.False, "nothing is estimated where nothing is pulled");
    }

    [Test]
    public void Counts_the_entries_that_were_read_and_guesses_the_others_from_their_bytes()
    {
        Assert.That(SpaceCheck.Need([Seen(Sized((1000, 1 << 20, 77)), null)], Engine()).Inodes, Is.EqualTo(77 + 16 + 8));
        var told = Served(proven: false, spoilLast: layer => layer with { UnpackedBytes = 16 << 20 });
        Assert.That(SpaceCheck.Need([Seen(told, null)], Engine()).Inodes, Is.EqualTo(1024 + 3 * 16 + 8));
    }

    [Test]
    public void Reports_short_space_only_where_the_disk_is_known()
    {
        var need = new SpaceNeed(1000, 5000);
        Assert.That(Codes(need, Engine() with { FreeBytes = 4999 }), Is.EqualTo(new[] { FindingCode.SpaceShort }));
        Assert.That(Codes(need, Engine() with { FreeBytes = 5000 }), Is.Empty);
        Assert.That(Codes(need, Engine() with { FreeBytes = null }), Is.Empty);
    }

    [Test]
    public void Reports_short_inodes_only_where_the_file_system_has_a_limit()
    {
        var need = new SpaceNeed(1000, 5000) { Inodes = 100 };
        Assert.That(Codes(need, Engine() with { FreeInodes = 99 }), Is.EqualTo(new[] { FindingCode.InodesShort }));
        Assert.That(Codes(need, Engine() with { FreeInodes = 100 }), Is.Empty);
        Assert.That(Codes(need, Engine() with { FreeInodes = null }), Is.Empty);
        Assert.That(Codes(need, Engine() with { FreeBytes = 1, FreeInodes = 0 }), Is.EqualTo(new[] { FindingCode.SpaceShort, FindingCode.InodesShort }));
    }

    private static IEnumerable<FindingCode> Codes(SpaceNeed need, EngineState engine) => SpaceCheck.Look(need, engine).Select(finding => finding.Code);

    private static (long, bool) Unpacked(Func<ServedLayer, ServedLayer> spoilLast)
    {
        var need = SpaceCheck.Need([Seen(Served(spoilLast: spoilLast), null)], Engine());
        return (need.UnpackedBytes, need.IsEstimate);
    }

    private static ServedImage Sized(params (long Packed, long Tar, long Entries)[] layers) => Served() with
    {
        Layers = [.. layers.Select((layer, i) => new ServedLayer(new("", DigestOf($"layer {i}"), layer.Packed), Diff($"layer {i}"))
        {
            Proof = new(DigestOf($"layer {i}"), layer.Packed, Diff($"layer {i}"), layer.Tar) { Entries = layer.Entries },
        })],
    };
}
