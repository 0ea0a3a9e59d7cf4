using NUnit.Framework;

namespace AppPreflight.Rehearsal;

/// <summary>The subject of the bench is the same every time, and like a real image in what matters to hashing and inflating.</summary>
internal sealed class BenchImageTests
{
    private string folder;

    [SetUp]
    public void Open() => folder = WorkFolder.Create("t");

    [TearDown]
    public void Remove() => Directory.Delete(folder, recursive: true);

    [Test]
    [CancelAfter(60_000)]
    public async Task Same_call_gives_the_same_digests(CancellationToken cancellationToken)
    {
        var first = await BenchImage.BuildAsync(Path.Combine(folder, "a"), 4, cancellationToken);
        var again = await BenchImage.BuildAsync(Path.Combine(folder, "b"), 4, cancellationToken);
        Assert.That(again.Layers.Select(layer => (layer.DiffId, layer.Digest)), Is.EqualTo(first.Layers.Select(layer => (layer.DiffId, layer.Digest))));
        Assert.That(first.Layers.Select(layer => layer.DiffId), Is.Unique);
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task Layers_are_uneven_and_shrink_as_those_of_real_images_do(CancellationToken cancellationToken)
    {
        var image = await BenchImage.BuildAsync(folder, 20, cancellationToken);
        Assert.That(image.FileCount, Is.InRange(190, 220));
        Assert.That(image.TarBytes, Is.InRange(20_000_000, 21_000_000));
        Assert.That((double)image.BlobBytes / image.TarBytes, Is.InRange(0.38, 0.52));
        Assert.That(image.Layers, Has.Count.EqualTo(4).And.Ordered.Descending.By(nameof(PackedLayer.TarBytes)));
        foreach (var layer in image.Layers)
        {
            Assert.That(LayerBuilder.Sha256(await File.ReadAllBytesAsync(layer.TarPath!, cancellationToken)), Is.EqualTo(layer.DiffId));
            Assert.That(LayerBuilder.Sha256(await File.ReadAllBytesAsync(layer.BlobPath, cancellationToken)), Is.EqualTo(layer.Digest));
        }
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task Large_file_of_zeros_takes_no_space_before_it_is_unpacked(CancellationToken cancellationToken)
    {
        var image = await BenchImage.BuildBigAsync(folder, 50, cancellationToken);
        Assert.That(image.TarBytes, Is.GreaterThan(50_000_000));
        Assert.That(Directory.GetFiles(folder).Sum(file => new FileInfo(file).Length), Is.EqualTo(image.BlobBytes).And.LessThan(3_000_000));
    }
}
