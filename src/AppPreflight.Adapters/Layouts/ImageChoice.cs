using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.Layouts;

/// <summary>One of the images that a layout or archive lists.</summary>
/// <param name="Id">The same for entries that are the same image.</param>
/// <param name="Names">What it is called.</param>
internal sealed record ListedImage(string Id, IReadOnlyList<string> Names)
{
    public bool IsExactly(string name) => Id == name || Names.Contains(name, StringComparer.Ordinal);

    /// <summary>By its tag alone, or by another way to write its reference.</summary>
    public bool IsAlso(string name) => Names.Any(own => ImageReference.TryParse(own) is { } reference
        && ((own.Contains(':', StringComparison.Ordinal) && reference.Tag == name) || ImageReference.TryParse(name)?.ToString() == reference.ToString()));
}

/// <summary>Which of several images is meant.</summary>
internal static class ImageChoice
{
    private const int MostTold = 10;

    /// <param name="name">Null where nothing was said: then there has to be only one.</param>
    /// <returns>The place in the list.</returns>
    /// <exception cref="Ports.SourceException">Missing; Refused: several that may be meant; Unsupported: none at all.</exception>
    public static int Of(IReadOnlyList<ListedImage> images, string? name, Complaint complaint)
    {
        if (images.Count == 0) throw complaint.Of(Fault.Unsupported, "holds no image");
        List<int> meant = [.. Enumerable.Range(0, images.Count).Where(i => name is null || images[i].IsExactly(name))];
        if (meant.Count == 0) meant = [.. Enumerable.Range(0, images.Count).Where(i => images[i].IsAlso(name!))];
        if (meant.Count == 0) throw complaint.Of(Fault.Missing, $"holds no image called {Quote.Short(name!)}, only {Told(images)}");
        return meant.Select(i => images[i].Id).Distinct(StringComparer.Ordinal).Count() == 1 ? meant[0]
            : throw complaint.Of(Fault.Refused, $"holds several images, say which one with a colon and its name: {Told([.. meant.Select(i => images[i])])}");
    }

    private static string Told(IReadOnlyList<ListedImage> images)
    {
        List<string> names = [.. images.SelectMany(image => image.Names.Count > 0 ? image.Names : [image.Id]).Distinct(StringComparer.Ordinal)];
        return string.Join(", ", names.Take(MostTold).Select(name => Quote.Short(name))) + (names.Count > MostTold ? $" and {names.Count - MostTold} more" : "");
    }
}
