using AppPreflight.Oci;

namespace AppPreflight.Images;

/// <summary>Which image somebody means, and where: "docker:NAME", "oci:DIR[:TAG]", "archive:FILE[:TAG]", else a reference at its registry.</summary>
/// <param name="Name">As that place names it.</param>
public sealed record ImageAddress(ImagePlace Place, string Name)
{
    private static readonly (string Prefix, ImagePlace Place)[] Prefixes =
        [("docker:", ImagePlace.Engine), ("oci:", ImagePlace.Layout), ("archive:", ImagePlace.Archive)];

    /// <exception cref="FormatException">Nothing that names an image.</exception>
    public static ImageAddress Parse(string text)
    {
        foreach (var (prefix, place) in Prefixes)
        {
            if (!text.StartsWith(prefix, StringComparison.Ordinal)) continue;
            var name = text[prefix.Length..];
            return name.Length == 0 || name.Contains('\0', StringComparison.Ordinal) ? throw new FormatException($"'{Quote.Short(text)}' names no image behind {prefix}") : new(place, name);
        }

        return new(ImagePlace.Registry, ImageReference.Parse(text).ToString());
    }

    public override string ToString() => Prefixes.FirstOrDefault(one => one.Place == Place).Prefix + Name;
}
