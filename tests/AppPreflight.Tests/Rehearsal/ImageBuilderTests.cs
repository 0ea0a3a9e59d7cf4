using NUnit.Framework;

namespace AppPreflight.Rehearsal;

/// <summary>Images made by us: the same every time, and what the engine makes of them is what we said.</summary>
internal sealed class ImageBuilderTests
{
    [Test]
    public void Same_seed_gives_the_same_digests_and_another_seed_other_ones()
    {
        var first = KelvinImages.Build("a", 5000);
        var again = KelvinImages.Build("a", 5000);
        var other = KelvinImages.Build("b", 5000);
        Assert.That(again.Target.Manifest.Digest, Is.EqualTo(first.Target.Manifest.Digest));
        Assert.That(again.Target.ConfigDigest, Is.EqualTo(first.Target.ConfigDigest));
        var shared = first.Target.Layers.Select(layer => layer.DiffId).Intersect(other.Target.Layers.Select(layer => layer.DiffId));
        Assert.That(shared, Is.Empty);
    }

    [Test]
    public void All_three_share_the_base_layer_and_the_steps_one_more()
    {
        var images = KelvinImages.Build("a", 5000);
        string[] Layers(BuiltImage image) => [.. image.Layers.Select(layer => layer.Digest)];
        Assert.That(Layers(images.Installed).Intersect(Layers(images.Intermediate)).Count(), Is.EqualTo(1));
        Assert.That(Layers(images.Target).Intersect(Layers(images.Intermediate)).Count(), Is.EqualTo(2));
        Assert.That(images.Intermediate.Layers, Has.Count.EqualTo(4));
    }

    [Test]
    public void Bulk_content_does_not_shrink()
    {
        using var layer = new LayerBuilder();
        var built = layer.AddBulk("bulk", 100_000, "seed").Build();
        Assert.That(built.Compressed, Has.Length.GreaterThan(100_000));
    }

    [Test]
    public void Rebuilt_image_differs_in_its_top_layer_only()
    {
        var image = KelvinImages.Build("a", 5000).Intermediate;
        var rebuilt = KelvinImages.Rebuilt(image, "a");
        var same = image.Layers.Zip(rebuilt.Layers, (left, right) => left.Digest == right.Digest);
        Assert.That(same, Is.EqualTo(new[] { true, true, true, false }));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task Loaded_archive_has_the_id_and_layers_we_computed(CancellationToken cancellationToken)
    {
        var stage = await SharedStage.OpenAsync(cancellationToken);
        var image = KelvinImages.Build("archive", 5000).Target;
        await stage.Engine.Api.LoadAsync(ImageBuilder.Archive(image, "archive:1"), cancellationToken);
        var stored = await stage.Engine.Api.FindImageAsync("archive:1", cancellationToken);
        Assert.That(stored!.Id, Is.EqualTo(image.ConfigDigest));
        Assert.That(stored.DiffIds, Is.EqualTo(image.Layers.Select(layer => layer.DiffId)));
        Assert.That(await ImageProof.FaultAsync(stage.Engine, "archive:1", image, cancellationToken), Is.Null);
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task Proof_fails_for_another_image_and_for_one_that_is_not_there(CancellationToken cancellationToken)
    {
        await using var appliance = await SharedStage.BuildAsync([], cancellationToken);
        var engine = appliance.Stage.Engine;
        Assert.That(
            await ImageProof.FaultAsync(engine, appliance.InstalledReference, appliance.Images.Target, cancellationToken),
            Does.Contain("its config is not"));
        Assert.That(
            await ImageProof.FaultAsync(engine, appliance.TargetReference, appliance.Images.Target, cancellationToken), Is.Not.Null);
    }
}
