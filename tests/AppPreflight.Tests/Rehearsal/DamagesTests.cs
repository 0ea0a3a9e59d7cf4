using NUnit.Framework;

namespace AppPreflight.Rehearsal;

/// <summary>Each damage really does what it claims: asserted against the engine's and the registry's own answers.</summary>
[NonParallelizable]
internal sealed class DamagesTests
{
    private static async Task<Appliance> SpoiltAsync(string damage, CancellationToken cancellationToken) =>
        await SharedStage.BuildAsync([Damages.Find(damage)], cancellationToken);

    private static EngineApi Api(Appliance appliance) => appliance.Stage.Engine.Api;

    private static async Task<string?> ExportErrorAsync(Appliance appliance, string reference, CancellationToken cancellationToken)
    {
        try
        {
            await Api(appliance).ExportAsync(reference, Stream.Null, cancellationToken);
            return null;
        }
        catch (EngineRefusedException refused)
        {
            return refused.Message;
        }
    }

    // a lie reaches no engine that nobody lets ask
    private static IEnumerable<Damage> OfThisHost => Damages.All.Where(damage => !damage.NeedsLiar);

    [TestCaseSource(nameof(OfThisHost))]
    [CancelAfter(120_000)]
    public async Task Leaves_the_running_container_and_its_image_alone(Damage damage, CancellationToken cancellationToken)
    {
        await using var disk = damage.NeedsOwnDisk ? await LoopStage.OpenAsync(cancellationToken) : null;
        await using var appliance = disk is null
            ? await SharedStage.BuildForAsync(damage, cancellationToken)
            : await Appliance.BuildForAsync(disk.Stage, new("small") { LayerSizeBytes = 200_000 }, [damage], cancellationToken);
        var before = await appliance.LookAtContainerAsync(cancellationToken);
        var image = await Api(appliance).FindImageAsync(appliance.InstalledReference, cancellationToken);

        await damage.ApplyAsync(appliance, cancellationToken);

        var after = await Api(appliance).FindImageAsync(appliance.InstalledReference, cancellationToken);
        Assert.That(await appliance.LookAtContainerAsync(cancellationToken), Is.EqualTo(before));
        Assert.That(before.Running, Is.True);
        Assert.That(before.ImageId, Is.EqualTo(appliance.Images.Installed.ConfigDigest));
        Assert.That(after!.Id, Is.EqualTo(image!.Id));
        Assert.That(await Api(appliance).FindImageAsync(appliance.TargetReference, cancellationToken), Is.Null);
    }

    [Test]
    [CancelAfter(120_000)]
    public async Task Absent_has_only_the_installed_image(CancellationToken cancellationToken)
    {
        await using var appliance = await SpoiltAsync("absent", cancellationToken);
        Assert.That(await Api(appliance).FindImageAsync(appliance.IntermediateReference, cancellationToken), Is.Null);
        Assert.That(await ExportErrorAsync(appliance, appliance.InstalledReference, cancellationToken), Is.Null);
    }

    [Test]
    [CancelAfter(120_000)]
    public async Task Tag_moved_keeps_a_sound_copy_of_what_the_tag_was(CancellationToken cancellationToken)
    {
        await using var appliance = await SpoiltAsync("tag-moved", cancellationToken);
        var served = await appliance.Stage.Registry.Api.FindDigestAsync(appliance.RepositoryPath, "2.0.0", cancellationToken);
        var stored = await Api(appliance).FindImageAsync(appliance.IntermediateReference, cancellationToken);
        var old = appliance.Images.Intermediate;
        Assert.That(served, Is.Not.EqualTo(old.Manifest.Digest));
        Assert.That(stored!.Id, Is.EqualTo(old.ConfigDigest));
        Assert.That(stored.RepoDigests, Is.EqualTo(new[] { $"{appliance.Repository}@{old.Manifest.Digest}" }));
        Assert.That(await ExportErrorAsync(appliance, appliance.IntermediateReference, cancellationToken), Is.Null);
    }

    [Test]
    [CancelAfter(120_000)]
    public async Task Local_tag_wrong_names_a_foreign_image(CancellationToken cancellationToken)
    {
        await using var appliance = await SpoiltAsync("local-tag-wrong", cancellationToken);
        var stored = await Api(appliance).FindImageAsync(appliance.IntermediateReference, cancellationToken);
        Assert.That(stored!.Id, Is.EqualTo(KelvinImages.Foreign(appliance.Name).ConfigDigest));
        Assert.That(stored.RepoDigests, Is.Empty);
    }

    [Test]
    [CancelAfter(120_000)]
    public async Task Local_tag_on_installed_names_the_running_image(CancellationToken cancellationToken)
    {
        await using var appliance = await SpoiltAsync("local-tag-on-installed", cancellationToken);
        var stored = await Api(appliance).FindImageAsync(appliance.IntermediateReference, cancellationToken);
        Assert.That(stored!.Tags, Is.EqualTo(new[] { appliance.InstalledReference, appliance.IntermediateReference }));
    }

    [TestCase("stale-digest-reference")]
    [TestCase("stale-digest-edited")]
    [CancelAfter(120_000)]
    public async Task Stale_digest_reference_survives_a_pull(string damage, CancellationToken cancellationToken)
    {
        await using var appliance = await SpoiltAsync(damage, cancellationToken);
        var served = await appliance.Stage.Registry.Api.FindDigestAsync(appliance.RepositoryPath, "2.0.0", cancellationToken);

        var pull = await Api(appliance).PullAsync(appliance.IntermediateReference, null, cancellationToken);

        var byTag = await Api(appliance).FindImageAsync(appliance.IntermediateReference, cancellationToken);
        var byDigest = await Api(appliance).FindImageAsync($"{appliance.Repository}@{served}", cancellationToken);
        Assert.That(pull.Error, Is.Null);
        Assert.That(byTag!.Id, Is.EqualTo(appliance.Images.Intermediate.ConfigDigest));
        Assert.That(byDigest, Is.Not.Null);
        Assert.That(byDigest!.Id, Is.Not.EqualTo(byTag.Id));
        Assert.That(byTag.RepoDigests, Is.Empty);
    }

    [Test]
    [CancelAfter(120_000)]
    public async Task Stored_config_rotten_makes_the_export_fail_to_verify_until_it_is_pulled_again(CancellationToken cancellationToken)
    {
        await using var appliance = await SpoiltAsync("stored-config-rotten", cancellationToken);
        var id = appliance.Images.Intermediate.ConfigDigest;
        Assert.That(await ExportErrorAsync(appliance, appliance.IntermediateReference, cancellationToken), Does.Contain("failed to verify"));
        Assert.That(await Api(appliance).FindImageAsync(id, cancellationToken), Is.Null);

        await Api(appliance).FetchAsync(appliance.IntermediateReference, null, cancellationToken);
        Assert.That(await ExportErrorAsync(appliance, id, cancellationToken), Is.Null);
    }

    [Test]
    [CancelAfter(120_000)]
    public async Task Stored_layer_rotten_is_not_cured_by_a_pull_but_by_purge_and_pull(CancellationToken cancellationToken)
    {
        await using var appliance = await SpoiltAsync("stored-layer-rotten", cancellationToken);
        var reference = appliance.IntermediateReference;
        Assert.That(await ExportErrorAsync(appliance, reference, cancellationToken), Does.Contain("file integrity checksum failed"));

        var pull = await Api(appliance).PullAsync(reference, null, cancellationToken);
        Assert.That(string.Join('\n', pull.Lines), Does.Contain("Image is up to date"));
        Assert.That(await ExportErrorAsync(appliance, reference, cancellationToken), Does.Contain("file integrity checksum failed"));

        await Api(appliance).RemoveImageAsync(reference, force: false, cancellationToken);
        await Api(appliance).FetchAsync(reference, null, cancellationToken);
        Assert.That(await ExportErrorAsync(appliance, reference, cancellationToken), Is.Null);
    }

    [Test]
    [CancelAfter(120_000)]
    public async Task Stored_base_layer_rotten_outlives_purge_and_pull(CancellationToken cancellationToken)
    {
        await using var appliance = await SpoiltAsync("stored-base-layer-rotten", cancellationToken);
        var reference = appliance.IntermediateReference;
        await Api(appliance).RemoveImageAsync(reference, force: false, cancellationToken);
        await Api(appliance).FetchAsync(reference, null, cancellationToken);
        Assert.That(await ExportErrorAsync(appliance, reference, cancellationToken), Does.Contain("file integrity checksum failed"));
        Assert.That(
            await ExportErrorAsync(appliance, appliance.InstalledReference, cancellationToken), Does.Contain("file integrity checksum failed"));
    }

    [TestCase("served-config-rotten", "image config verification failed for digest")]
    [TestCase("served-layer-rotten", "filesystem layer verification failed for digest")]
    [CancelAfter(120_000)]
    public async Task Served_rot_makes_the_pull_print_the_known_error(string damage, string error, CancellationToken cancellationToken)
    {
        await using var appliance = await SpoiltAsync(damage, cancellationToken);
        var pull = await Api(appliance).PullAsync(appliance.IntermediateReference, null, cancellationToken);
        Assert.That(pull.Error, Does.Contain(error));
        Assert.That((await Api(appliance).PullAsync(appliance.TargetReference, null, cancellationToken)).Error, Is.Null);
    }

    [Test]
    [CancelAfter(120_000)]
    public async Task Registry_down_refuses_connections(CancellationToken cancellationToken)
    {
        await using var appliance = await SpoiltAsync("registry-down", cancellationToken);
        var pull = await Api(appliance).PullAsync(appliance.IntermediateReference, null, cancellationToken);
        Assert.That(pull.Error, Does.Contain("connection refused"));
    }

    [TestCase("wrong-platform", false)]
    [TestCase("wrong-platform-of-index", true)]
    [CancelAfter(120_000)]
    public async Task Wrong_platform_is_stored_under_the_tag(string damage, bool stale, CancellationToken cancellationToken)
    {
        await using var appliance = await SpoiltAsync(damage, cancellationToken);
        Assert.That((await Api(appliance).FindImageAsync(appliance.IntermediateReference, cancellationToken))!.Architecture, Is.EqualTo("arm64"));

        await Api(appliance).FetchAsync(appliance.IntermediateReference, null, cancellationToken);
        var pulled = await Api(appliance).FindImageAsync(appliance.IntermediateReference, cancellationToken);
        Assert.That(pulled!.Id, Is.EqualTo(appliance.Images.Intermediate.ConfigDigest));
        Assert.That(pulled.RepoDigests, Has.Count.EqualTo(stale ? 0 : 1));
    }

    [Test]
    [CancelAfter(120_000)]
    public async Task Served_platform_wrong_has_nothing_for_this_machine(CancellationToken cancellationToken)
    {
        await using var appliance = await SpoiltAsync("served-platform-wrong", cancellationToken);
        var pull = await Api(appliance).PullAsync(appliance.IntermediateReference, null, cancellationToken);
        Assert.That(pull.Error, Does.Contain("no matching manifest for linux/amd64"));
    }

    [Test]
    public void Names_are_unique_and_kebab_case() =>
        Assert.That(Damages.All.Select(damage => damage.Name), Is.Unique.And.All.Matches("^[a-z]+(-[a-z]+)*$"));

    [Test]
    public void Expected_codes_are_sorted_so_that_they_can_be_compared() =>
        Assert.That(Damages.All.SelectMany(damage => new[] { damage.Before, damage.After }), Is.All.Ordered);

    [Test]
    public void Unknown_name_is_refused_with_the_list_of_names() =>
        Assert.That(() => Damages.Find("rust"), Throws.TypeOf<RehearsalException>().With.Message.Contain("tag-moved"));
}
