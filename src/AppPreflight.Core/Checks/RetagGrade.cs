using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.Checks;

/// <summary>How much two images are the same, by what their documents say.</summary>
public static class RetagGrade
{
    /// <returns>What is sure: where a configuration is not known, no more than that the layers are the same. Null: whether other layers hold the same files only their bytes can tell.</returns>
    public static TagGrade? Of(ImageMarks was, ImageMarks now)
    {
        if (was.Manifest is not null && was.Manifest == now.Manifest) return TagGrade.Identical;
        if (!was.DiffIds.SequenceEqual(now.DiffIds)) return null;
        return was.Config is not null && was.Config == now.Config ? TagGrade.SameImage : TagGrade.SameLayers;
    }

    /// <summary>The same as part of a sentence, with how many layers are other ones.</summary>
    public static string Words(ImageMarks was, ImageMarks now) => Of(was, now) switch
    {
        TagGrade.Identical => "the manifest is the same",
        TagGrade.SameImage => "the configuration and the layers are the same, packed otherwise",
        TagGrade.SameLayers when was.Config is null || now.Config is null => "the layers are the same",
        TagGrade.SameLayers => "the layers are the same, its configuration is another",
        _ => OtherLayers(was.DiffIds, now.DiffIds),
    };

    // the same layer may stand in an image twice
    private static string OtherLayers(IReadOnlyList<DiffId> was, IReadOnlyList<DiffId> now)
    {
        var left = was.ToList();
        var others = now.Count(layer => !left.Remove(layer));
        return (others, left.Count) switch
        {
            (0, 0) => "its layers are the same ones in another order",
            (0, var gone) => $"{gone} of its {was.Count} layers {(gone == 1 ? "is" : "are")} gone",
            (1, _) => $"1 of {now.Count} layers is another one",
            _ => $"{others} of {now.Count} layers are other ones",
        };
    }
}
