using NUnit.Framework;

namespace AppPreflight.Rehearsal;

/// <summary>What the real engine does with wrong tables, in its own words: the ground that docs/decisions/0027 stands on.</summary>
[NonParallelizable]
[CancelAfter(120_000)]
internal sealed class TableDamagesTests
{
    private const string Mismatch = "layers from manifest don't match image configuration";

    private static async Task<Appliance> SpoiltAsync(string damage, CancellationToken cancellationToken) =>
        await SharedStage.BuildAsync([Damages.Find(damage)], cancellationToken);

    private static EngineApi Api(Appliance appliance) => appliance.Stage.Engine.Api;

    private static async Task<string?> ErrorAsync(Appliance appliance, string reference, CancellationToken cancellationToken) =>
        (await Api(appliance).PullAsync(reference, null, cancellationToken)).Error;

    private static string Digested(Appliance appliance) => $"{appliance.Repository}@{appliance.Images.Intermediate.Manifest.Digest}";

    [Test]
    public async Task A_stale_entry_fails_each_pull_until_what_it_leads_to_is_gone(CancellationToken cancellationToken)
    {
        await using var appliance = await SpoiltAsync("digest-mapping-stale", cancellationToken);
        for (var i = 0; i < 2; i++) Assert.That(await ErrorAsync(appliance, appliance.TargetReference, cancellationToken), Is.EqualTo(Mismatch));
        var own = appliance.Images.Target.Layers[2];
        Assert.That(await File.ReadAllTextAsync(TableDamages.MappingPath(appliance.Stage.Engine, own), cancellationToken), Is.Not.EqualTo(own.DiffId));

        await Api(appliance).RemoveImageAsync(appliance.IntermediateReference, force: false, cancellationToken);
        Assert.That(await ErrorAsync(appliance, appliance.TargetReference, cancellationToken), Is.Null);
        Assert.That(await ErrorAsync(appliance, appliance.IntermediateReference, cancellationToken), Is.Null);
        Assert.That(await File.ReadAllTextAsync(TableDamages.MappingPath(appliance.Stage.Engine, own), cancellationToken), Is.EqualTo(own.DiffId));
    }

    [Test]
    public async Task A_stale_entry_may_be_taken_away_while_the_engine_runs(CancellationToken cancellationToken)
    {
        await using var appliance = await SpoiltAsync("digest-mapping-in-use", cancellationToken);
        Assert.That(await ErrorAsync(appliance, appliance.TargetReference, cancellationToken), Is.EqualTo(Mismatch));
        File.Delete(TableDamages.MappingPath(appliance.Stage.Engine, appliance.Images.Target.Layers[1]));
        Assert.That(await ErrorAsync(appliance, appliance.TargetReference, cancellationToken), Is.Null);
        Assert.That((await appliance.LookAtContainerAsync(cancellationToken)).Running, Is.True);
    }

    [Test]
    public async Task An_entry_that_leads_nowhere_is_corrected_by_the_pull_itself(CancellationToken cancellationToken)
    {
        await using var appliance = await SpoiltAsync("digest-mapping-harmless", cancellationToken);
        Assert.That(await ErrorAsync(appliance, appliance.TargetReference, cancellationToken), Is.Null);
        var own = appliance.Images.Target.Layers[2];
        Assert.That(await File.ReadAllTextAsync(TableDamages.MappingPath(appliance.Stage.Engine, own), cancellationToken), Is.EqualTo(own.DiffId));
    }

    // by tag the engine even calls it up to date, and files the image under the digest of the wrong bytes
    [Test]
    public async Task A_rotten_manifest_fails_a_pull_by_digest_although_the_registry_is_sound(CancellationToken cancellationToken)
    {
        await using var appliance = await SpoiltAsync("cached-manifest-rotten", cancellationToken);
        var manifest = appliance.Images.Intermediate.Manifest.Digest;
        Assert.That(await ErrorAsync(appliance, Digested(appliance), cancellationToken), Is.EqualTo($"manifest verification failed for digest {manifest}"));
        Assert.That(await ErrorAsync(appliance, appliance.IntermediateReference, cancellationToken), Is.Null);
        var stored = await Api(appliance).FindImageAsync(appliance.IntermediateReference, cancellationToken);
        Assert.That(stored!.RepoDigests, Has.Count.EqualTo(2));

        await Api(appliance).RemoveImageAsync(appliance.IntermediateReference, force: false, cancellationToken);
        var path = TableDamages.ManifestPath(appliance.Stage.Engine, appliance.Images.Intermediate);
        while (File.Exists(path)) await Task.Delay(10, cancellationToken);
        Assert.That(await ErrorAsync(appliance, appliance.IntermediateReference, cancellationToken), Is.Null);
        Assert.That(LayerBuilder.Sha256(await File.ReadAllBytesAsync(path, cancellationToken)), Is.EqualTo(manifest));
    }

    [Test]
    public async Task A_manifest_of_zeros_is_fetched_anew(CancellationToken cancellationToken)
    {
        await using var appliance = await SpoiltAsync("cached-manifest-zeroed", cancellationToken);
        Assert.That(await ErrorAsync(appliance, Digested(appliance), cancellationToken), Is.Null);
        Assert.That(await ErrorAsync(appliance, appliance.IntermediateReference, cancellationToken), Is.Null);
    }

    [TestCase("layer-folder-empty")]
    [TestCase("layer-folder-half")]
    public async Task A_left_over_folder_fails_each_pull_until_a_person_moves_it(string damage, CancellationToken cancellationToken)
    {
        await using var appliance = await SpoiltAsync(damage, cancellationToken);
        var folder = TableDamages.FolderPath(appliance);
        for (var i = 0; i < 2; i++)
            Assert.That(await ErrorAsync(appliance, appliance.TargetReference, cancellationToken), Does.StartWith("failed to register layer: rename ").And.EndsWith($"{folder}: file exists"));
        Directory.Move(folder, Path.Combine(appliance.Stage.Engine.Folder, Path.GetRandomFileName()));
        Assert.That(await ErrorAsync(appliance, appliance.TargetReference, cancellationToken), Is.Null);
    }

    // why a layer whose short name is another's is never purged
    [Test]
    public async Task A_removal_takes_the_short_name_with_it_that_the_layer_says_is_its_own(CancellationToken cancellationToken)
    {
        await using var appliance = await SpoiltAsync("stored-config-rotten", cancellationToken);
        await Api(appliance).FetchAsync(appliance.IntermediateReference, null, cancellationToken);
        var (running, own) = (LayerPlace.AllOf(appliance.Stage.Engine, appliance.Images.Installed)[^1], LayerPlace.AllOf(appliance.Stage.Engine, appliance.Images.Intermediate)[^1]);
        await File.WriteAllTextAsync(own.LinkFile, await File.ReadAllTextAsync(running.LinkFile, cancellationToken), cancellationToken);

        await Api(appliance).RemoveImageAsync(appliance.IntermediateReference, force: false, cancellationToken);

        Assert.That(new FileInfo(running.ShortName).LinkTarget, Is.Null);
        Assert.That(
            async () => await Api(appliance).RunAsync($"again{appliance.Name}", appliance.InstalledReference, ["/bin/true"], cancellationToken),
            Throws.TypeOf<EngineRefusedException>().With.Message.Contains("error creating overlay mount"));
        File.CreateSymbolicLink(running.ShortName, $"../{running.CacheId}/diff");
    }
}
