namespace AppPreflight.Rehearsal;

/// <summary>What can be wrong in the engine's own store.</summary>
internal static class StoreDamages
{
    public static Task MoveTagAsync(Appliance appliance, CancellationToken cancellationToken)
    {
        appliance.IntermediateServed = KelvinImages.Rebuilt(appliance.Images.Intermediate, appliance.Name);
        return appliance.Stage.Registry.Api.PushAsync(
            appliance.RepositoryPath, "2.0.0", appliance.IntermediateServed, cancellationToken);
    }

    public static Task RelabelAsync(Appliance appliance, CancellationToken cancellationToken)
    {
        appliance.IntermediateServed = KelvinImages.Relabelled(appliance.Images.Intermediate, $"{appliance.Name} relabelled");
        return appliance.Stage.Registry.Api.PushAsync(appliance.RepositoryPath, "2.0.0", appliance.IntermediateServed, cancellationToken);
    }

    public static Task RecompressAsync(Appliance appliance, CancellationToken cancellationToken)
    {
        appliance.RememberTag(appliance.IntermediateReference, appliance.Images.Intermediate, TimeSpan.FromDays(1));
        appliance.IntermediateServed = KelvinImages.Recompressed(appliance.Images.Intermediate);
        return appliance.Stage.Registry.Api.PushAsync(appliance.RepositoryPath, "2.0.0", appliance.IntermediateServed, cancellationToken);
    }

    public static async Task TagForeignAsync(Appliance appliance, CancellationToken cancellationToken)
    {
        var foreign = KelvinImages.Foreign(appliance.Name);
        await appliance.Stage.Engine.Api.LoadAsync(ImageBuilder.Archive(foreign), cancellationToken);
        await appliance.Stage.Engine.Api.TagAsync(foreign.ConfigDigest, appliance.IntermediateReference, cancellationToken);
    }

    public static Task TagInstalledAsync(Appliance appliance, CancellationToken cancellationToken) =>
        appliance.Stage.Engine.Api.TagAsync(appliance.Images.Installed.ConfigDigest, appliance.IntermediateReference, cancellationToken);

    public static async Task PullTwoPlatformsAsync(Appliance appliance, CancellationToken cancellationToken)
    {
        await PullArmOfIndexAsync(appliance, cancellationToken);
        await appliance.Stage.Engine.Api.FetchAsync(appliance.IntermediateReference, null, cancellationToken);
    }

    public static async Task PullArmOfIndexAsync(Appliance appliance, CancellationToken cancellationToken)
    {
        var arm = KelvinImages.ForArm(appliance.Name, "2.0.0");
        var index = ImageBuilder.Index(ImageFormat.Docker, attestation: false, appliance.Images.Intermediate, arm);
        await appliance.Stage.Registry.Api.PushAsync(appliance.RepositoryPath, "2.0.0", index, cancellationToken);
        await appliance.Stage.Engine.Api.FetchAsync(appliance.IntermediateReference, "linux/arm64", cancellationToken);
    }

    public static async Task PullArmAsync(Appliance appliance, CancellationToken cancellationToken)
    {
        var registry = appliance.Stage.Registry.Api;
        await registry.PushAsync(appliance.RepositoryPath, "2.0.0", KelvinImages.ForArm(appliance.Name, "2.0.0"), cancellationToken);
        await appliance.Stage.Engine.Api.FetchAsync(appliance.IntermediateReference, "linux/arm64", cancellationToken);
        await registry.PushAsync(appliance.RepositoryPath, "2.0.0", appliance.Images.Intermediate, cancellationToken);
    }

    public static async Task EditDigestReferenceAsync(Appliance appliance, CancellationToken cancellationToken)
    {
        var engine = appliance.Stage.Engine;
        var foreign = KelvinImages.Foreign(appliance.Name);
        await engine.Api.LoadAsync(ImageBuilder.Archive(foreign, $"{appliance.Repository}:foreign"), cancellationToken);
        await engine.StopAsync(cancellationToken);
        Spoiler.PointDigestReference(
            engine, appliance.Repository, appliance.Images.Intermediate.Manifest.Digest, foreign.ConfigDigest);
        await engine.StartAgainAsync(cancellationToken);
    }

    public static Task RotConfigAsync(Appliance appliance, CancellationToken cancellationToken)
    {
        Spoiler.FlipBit(Spoiler.StoredConfigPath(appliance.Stage.Engine, appliance.Images.Intermediate.ConfigDigest));
        return Task.CompletedTask;
    }

    public static Task RotOwnLayerAsync(Appliance appliance, CancellationToken cancellationToken) =>
        RotLayer(appliance, appliance.Images.Intermediate.Layers.Count - 1, KelvinImages.TopFile);

    public static Task RotBaseLayerAsync(Appliance appliance, CancellationToken cancellationToken) =>
        RotLayer(appliance, 0, KelvinImages.BaseFile);

    /// <summary>The top layer's own file belongs to nobody it was built for.</summary>
    public static Task OpenOwnLayerAsync(Appliance appliance, CancellationToken cancellationToken)
    {
        File.SetUnixFileMode(OwnFile(appliance), (UnixFileMode)0b110_110_110);
        return Task.CompletedTask;
    }

    public static Task LoseOwnFileAsync(Appliance appliance, CancellationToken cancellationToken)
    {
        File.Delete(OwnFile(appliance));
        return Task.CompletedTask;
    }

    /// <summary>Somebody tries the next version by hand, and then its layer rots.</summary>
    public static async Task UseAndRotAsync(Appliance appliance, CancellationToken cancellationToken)
    {
        await appliance.RunAsync("trying", appliance.IntermediateReference, cancellationToken);
        await RotOwnLayerAsync(appliance, cancellationToken);
    }

    private static string OwnFile(Appliance appliance) => Spoiler.StoredFilePath(
        appliance.Stage.Engine, appliance.Images.Intermediate, appliance.Images.Intermediate.Layers.Count - 1, KelvinImages.TopFile);

    private static Task RotLayer(Appliance appliance, int place, string file)
    {
        Spoiler.FlipBit(Spoiler.StoredFilePath(appliance.Stage.Engine, appliance.Images.Intermediate, place, file));
        return Task.CompletedTask;
    }
}
