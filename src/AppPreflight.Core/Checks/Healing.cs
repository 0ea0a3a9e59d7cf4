using System.Globalization;
using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.Checks;

/// <summary>What a person would have to type, line by line, to heal altered layers that this program must not touch, and what it means.</summary>
/// <param name="Commands">One after the other: the proof that all of it can be had again, containers, images, pulls, containers again, a last look.</param>
/// <param name="Downtime">A sentence: what is down from which command to which, and for how long as far as that can be told.</param>
public sealed record Healing(IReadOnlyList<string> Commands, string Downtime)
{
    /// <summary>Compressed layers are between a half and a fourth of what they are unpacked.</summary>
    private const int LeastRatio = 2;

    public override string ToString() => $"{string.Join("; ", Commands)} ({Downtime})";

    /// <summary>For one damaged image, and for all that are damaged where it is: one without the others would leave a damaged layer alive.</summary>
    /// <returns>Null where the removal of one of them would hurt others (<see cref="LayerDamage.MisleadsRemoval"/>): something else has to be mended first.</returns>
    public static Healing? Of(EngineState engine, StoredImage damaged, Site site)
    {
        var images = LayerReach.ChildrenFirst(engine, Together(engine, damaged));
        if (images.Any(image => image.MisleadsRemoval())) return null;
        var containers = images.SelectMany(image => image.InUseBy).DistinctBy(container => container.Id).ToList();
        return new(
        [
            .. images.SelectMany(image => image.RepoDigests.Take(1)).Select(name => $"app-preflight verify {name} --served"),
            .. containers.Where(container => container.IsRunning).Select(container => $"docker stop {container.Name}"),
            .. containers.Select(container => $"docker rm {container.Name}"),
            .. images.Where(image => !GoesWithChild(image, images)).Select(image => $"docker rmi {string.Join(' ', NamesOf(image))}"),
            .. images.SelectMany(ComingBack),
            .. containers.Select(site.AppOf).OfType<string>().Distinct(StringComparer.Ordinal).Select(app => $"univention-app reinitialize {app}"),
            site.Check,
        ], Sentence(images, containers, site));
    }

    private static List<StoredImage> Together(EngineState engine, StoredImage damaged)
    {
        var others = engine.Images.Where(image => image.Id != damaged.Id && image.IsSound() == false).Select(engine.DamageReach).ToList();
        var together = engine.DamageReach(damaged).ToList();
        while (others.Find(reach => reach.Any(image => together.Exists(one => one.Id == image.Id))) is { } more)
        {
            others.Remove(more);
            together.AddRange(more.Where(image => !together.Exists(one => one.Id == image.Id)));
        }

        return together;
    }

    // what has no name of its own is removed with the last image built on it (daemon/images/image_delete.go, prune)
    private static bool GoesWithChild(StoredImage image, IReadOnlyList<StoredImage> images) =>
        image.Tags.Count + image.RepoDigests.Count == 0 && images.Any(child => child.Parent == image.Id);

    // the last tag of a repository takes its digest references with it (the same file): to name those as well would be an error
    private static string[] NamesOf(StoredImage image)
    {
        var tagged = image.Tags.Select(RepositoryOf).ToHashSet(StringComparer.Ordinal);
        string[] names = [.. image.Tags, .. image.RepoDigests.Where(name => !tagged.Contains(RepositoryOf(name)))];
        return names.Length > 0 ? names : [image.Id.ToString()];
    }

    // by digest: a tag may mean another version by now
    private static IEnumerable<string> ComingBack(StoredImage image) => image.RepoDigests is [var first, ..]
        ? [.. image.RepoDigests.Select(name => $"docker pull {name}"), .. image.Tags.Select(tag => $"docker tag {first} {tag}")]
        : [];

    private static string Sentence(IReadOnlyList<StoredImage> images, List<ContainerUse> containers, Site site)
    {
        var sentences = new List<string>();
        if (images.Any(image => image.RepoDigests.Count > 0)) sentences.Add("go on only when each verify says PASS");
        var lost = images.Where(image => image.Tags.Count > 0 && image.RepoDigests.Count == 0).SelectMany(image => image.Tags).ToList();
        if (lost.Count > 0) sentences.Add($"{string.Join(", ", lost)} came from no registry: have at hand what it was made from, for docker rmi ends it");
        sentences.Add(containers.Count == 0
            ? "nothing that runs stands on it"
            : $"{string.Join(", ", containers.Select(container => Down(container, site)))}; {Pulling(images, site)}");
        var foreign = containers.Where(container => site.AppOf(container) is null).Select(container => container.Name).ToList();
        if (foreign.Count > 0) sentences.Add($"{string.Join(", ", foreign)} has to be made again the way it was made (docker inspect shows how, before docker rm)");
        if (containers.Count > 0) sentences.Add("what a container wrote outside its volumes is lost");
        return string.Join("; ", sentences);
    }

    private static string Down(ContainerUse container, Site site)
    {
        var app = site.AppOf(container);
        var name = app is null ? container.Name : $"{container.Name} of {app}";
        return container.IsRunning
            ? $"{name} is down from docker stop until {(app is null ? "it is made again" : "univention-app reinitialize has made it again")}"
            : $"{name}, which is stopped, is gone until it is made again";
    }

    private static string Pulling(IReadOnlyList<StoredImage> images, Site site)
    {
        var bytes = UnpackedBytes(images) / LeastRatio;
        return site.BytesPerSecond > 0
            ? string.Create(CultureInfo.InvariantCulture, $"the pulls in between take about {Minutes(bytes / site.BytesPerSecond)} at {site.BytesPerSecond / 1_000_000.0:0.0} MB/s")
            : $"in between up to {bytes / 1_000_000 + 1} MB have to be pulled";
    }

    private static string Minutes(long seconds) => seconds < 60 ? $"{seconds + 1} s" : $"{seconds / 60 + 1} min";

    // a layer that two of them share counts once, where its size is known
    private static long UnpackedBytes(IReadOnlyList<StoredImage> images)
    {
        var sizes = images.SelectMany(image => image.Content?.Layers ?? []).DistinctBy(layer => layer.Chain).ToDictionary(layer => layer.Chain, layer => layer.SizeBytes);
        var seen = new HashSet<ChainId>();
        return images.Sum(image => Math.Max(0, image.SizeBytes - ChainId.AllOf(image.DiffIds).Where(chain => !seen.Add(chain)).Sum(chain => sizes.GetValueOrDefault(chain))));
    }

    // REPOSITORY:TAG or REPOSITORY@DIGEST
    private static string RepositoryOf(string name)
    {
        var at = name.IndexOf('@', StringComparison.Ordinal);
        if (at >= 0) return name[..at];
        var colon = name.LastIndexOf(':');
        return colon > name.LastIndexOf('/') ? name[..colon] : name;
    }
}
