using AppPreflight.Images;
using NUnit.Framework;
using static AppPreflight.Values;

namespace AppPreflight.Pipeline;

public sealed class StoredSurveyTests
{
    private static readonly SourceFault Gone = new(Source.Engine, Fault.Missing, "the manifest is not in containerd's store") { Subject = "sha256:a" };

    [Test]
    public async Task A_missing_manifest_is_damage_while_the_engine_knows_the_image()
    {
        var stored = Stored();
        var image = await HashAsync(stored, new(Engine(stored)));
        Assert.That((image.Content!.Fault!.Fault, image.Content.Fault.Expected, image.IsSound()), Is.EqualTo((Fault.Corrupt, "sha256:a", (bool?)false)));
    }

    [Test]
    public async Task A_missing_manifest_of_an_image_that_was_removed_meanwhile_says_nothing()
    {
        var image = await HashAsync(Stored(), new(Engine()));
        Assert.That((image.Content!.Fault!.Fault, image.IsSound()), Is.EqualTo((Fault.Missing, (bool?)null)));
    }

    private static async Task<StoredImage> HashAsync(StoredImage stored, FakeStore store)
    {
        var survey = new StoredSurvey(store, new SameLayers(new() { Way = ProofWay.ContentBlobs, Fault = Gone }), new NoEvents());
        return (await survey.HashAsync(Engine(stored), [stored], Ports.ReadingPace.Foreground, CancellationToken.None)).Images.Single();
    }
}
