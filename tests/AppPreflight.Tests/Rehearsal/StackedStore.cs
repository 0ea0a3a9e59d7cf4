namespace AppPreflight.Rehearsal;

/// <summary>The two images that layer damages are tried on, pulled once onto the shared stage; every test mends what it spoilt.</summary>
internal sealed record StackedStore(Stage Stage, StackedImages Images, string WholeReference, string SharerReference)
{
    private static StackedStore? pulled;

    public EngineApi Api => Stage.Engine.Api;

    /// <summary>The layers of the whole image, from below. Found anew: a test may have pulled it again.</summary>
    public IReadOnlyList<LayerPlace> Places => LayerPlace.AllOf(Stage.Engine, Images.Whole);

    public static async Task<StackedStore> OpenAsync(CancellationToken cancellationToken)
    {
        var stage = await SharedStage.OpenAsync(cancellationToken);
        await stage.SettleAsync(cancellationToken);
        return pulled ??= await PullAsync(stage, cancellationToken);
    }

    private static async Task<StackedStore> PullAsync(Stage stage, CancellationToken cancellationToken)
    {
        var name = SharedStage.NextName();
        var images = StackedImages.Build($"seed{name}");
        var repository = $"{stage.Registry.Authority}/{name}";
        await stage.Registry.Api.PushAsync(name, "whole", images.Whole, cancellationToken);
        await stage.Registry.Api.PushAsync(name, "sharer", images.Sharer, cancellationToken);
        await stage.Engine.Api.FetchAsync($"{repository}:whole", null, cancellationToken);
        await stage.Engine.Api.FetchAsync($"{repository}:sharer", null, cancellationToken);
        return new(stage, images, $"{repository}:whole", $"{repository}:sharer");
    }
}
