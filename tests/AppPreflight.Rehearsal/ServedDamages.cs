namespace AppPreflight.Rehearsal;

/// <summary>What can be wrong at the registry.</summary>
internal static class ServedDamages
{
    public static Task RotConfigAsync(Appliance appliance, CancellationToken cancellationToken) =>
        RotBlob(appliance, appliance.Images.Intermediate.ConfigDigest);

    /// <summary>The larger of the layers that belong to 2.0.0 alone.</summary>
    public static Task RotLayerAsync(Appliance appliance, CancellationToken cancellationToken) =>
        RotBlob(appliance, appliance.Images.Intermediate.Layers[^2].Digest);

    public static Task StopAsync(Appliance appliance, CancellationToken cancellationToken) =>
        appliance.Stage.Registry.StopAsync(cancellationToken);

    public static Task ServeArmOnlyAsync(Appliance appliance, CancellationToken cancellationToken)
    {
        var arm = KelvinImages.ForArm(appliance.Name, "2.0.0");
        var index = ImageBuilder.Index(ImageFormat.Docker, attestation: false, arm);
        return appliance.Stage.Registry.Api.PushAsync(appliance.RepositoryPath, "2.0.0", index, cancellationToken);
    }

    /// <summary>An image whose configuration names another tar for its top layer than the layer has.</summary>
    public static Task ServeOtherDiffIdAsync(Appliance appliance, CancellationToken cancellationToken)
    {
        var sound = appliance.Images.Intermediate;
        var top = sound.Layers[^1] with { DiffId = LayerBuilder.Sha256("of another layer"u8) };
        var image = ImageBuilder.Build(new($"{appliance.Name} misbuilt"), [.. sound.Layers.SkipLast(1), top]);
        return appliance.Stage.Registry.Api.PushAsync(appliance.RepositoryPath, "2.0.0", image, cancellationToken);
    }

    private static Task RotBlob(Appliance appliance, string digest)
    {
        Spoiler.FlipBit(appliance.Stage.Registry.BlobPath(digest));
        return Task.CompletedTask;
    }
}
