using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.Layouts;

/// <summary>"PATH", "PATH:NAME" or "PATH@DIGEST" taken apart. Both may hold colons; the longest path that exists is meant.</summary>
/// <param name="Image">What the image is called in there; null where only the path was named.</param>
internal sealed record CopyName(string Path, string? Image)
{
    /// <exception cref="Ports.SourceException">Missing; Unsupported: a folder where a file is meant, or the other way round.</exception>
    public static CopyName Of(string name, ImagePlace place)
    {
        foreach (var candidate in Candidates(name))
            if (place == ImagePlace.Layout ? Directory.Exists(candidate.Path) : File.Exists(candidate.Path)) return candidate;
        var path = Candidates(name).FirstOrDefault(candidate => System.IO.Path.Exists(candidate.Path))?.Path;
        throw path is null ? new Complaint(name).Of(Fault.Missing, "does not exist")
            : place == ImagePlace.Layout ? new Complaint(path).Of(Fault.Unsupported, $"is no folder: name it archive:{Quote.Short(path)}")
            : new Complaint(path).Of(Fault.Unsupported, $"is a folder: name it oci:{Quote.Short(path)}");
    }

    private static IEnumerable<CopyName> Candidates(string name)
    {
        if (name.Length > 0) yield return new(name, null);
        for (var at = name.Length - 1; at > 0; at--)
            if (name[at] == ':' || (name[at] == '@' && Digest.TryParse(name[(at + 1)..]) is not null)) yield return new(name[..at], at + 1 < name.Length ? name[(at + 1)..] : null);
    }
}
