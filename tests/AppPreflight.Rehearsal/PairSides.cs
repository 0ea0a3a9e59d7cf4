using System.IO.Compression;
using System.Text.Json.Nodes;

namespace AppPreflight.Rehearsal;

/// <summary>The ways one copy of an image gets to where it is compared.</summary>
internal static class PairSides
{
    public static PairSide Served(BuiltImage image) => async (stand, tag, cancellationToken) =>
    {
        await stand.PushAsync(tag, image, cancellationToken);
        return stand.Reference(tag);
    };

    public static PairSide Served(BuiltIndex index) => async (stand, tag, cancellationToken) =>
    {
        await stand.PushAsync(tag, index, cancellationToken);
        return stand.Reference(tag);
    };

    /// <summary>As schema 1; the stand's registry has to take it.</summary>
    public static PairSide Schema1(BuiltImage image, int signatures = 1) => async (stand, tag, cancellationToken) =>
    {
        await stand.PushAsync(tag, Schema1Builder.Build(stand.Repository, tag, image, signatures), image, cancellationToken);
        return stand.Reference(tag);
    };

    /// <summary>Named by its digest.</summary>
    public static PairSide Pinned(BuiltImage image) => async (stand, tag, cancellationToken) =>
    {
        await stand.PushAsync(tag, image, cancellationToken);
        return $"{stand.Reference(tag)}@{image.Manifest.Digest}";
    };

    /// <summary>Built by the engine's classic builder and pushed by the engine.</summary>
    /// <param name="lines">A Dockerfile's, without its first; BEFORE in it stands for what the other side has built.</param>
    /// <param name="context">Files beside it.</param>
    public static PairSide Built(string lines, params TarPiece[] context) => async (stand, tag, cancellationToken) =>
    {
        var workshop = new Workshop(stand.Stage, stand.Name, $"classic-{tag}");
        if (tag == "a") await Workshop.PrepareAsync(stand.Stage, stand.Name, cancellationToken);
        var before = workshop.Reference.Replace("classic-b", "classic-a", StringComparison.Ordinal);
        await workshop.BuildAsync(lines.Replace("BEFORE", before, StringComparison.Ordinal), context, cancellationToken);
        await Lap.RunAsync(Programs.Docker, ["-H", stand.Stage.Engine.Host, "push", "-q", workshop.Reference], cancellationToken);
        var pushed = await PairImages.FetchAsync(stand.Stage.Registry.Api, $"{stand.Name}/classic-{tag}", "1", cancellationToken);
        return await Served(pushed)(stand, tag, cancellationToken);
    };

    /// <summary>What the other side is, made into something else.</summary>
    public static PairSide Made(Func<BuiltImage, BuiltIndex> make) => (stand, tag, cancellationToken) =>
        Served(make(stand.Image("a")))(stand, tag, cancellationToken);

    /// <summary>Pulled by the engine.</summary>
    public static PairSide Pulled(BuiltImage image) => async (stand, tag, cancellationToken) =>
    {
        await stand.PushAsync(tag, image, cancellationToken);
        await stand.Stage.Engine.Api.FetchAsync(stand.Reference(tag), null, cancellationToken);
        return $"docker:{stand.Reference(tag)}";
    };

    /// <summary>Pulled, and known by another name.</summary>
    public static PairSide Retagged(BuiltImage image) => async (stand, tag, cancellationToken) =>
    {
        await Pulled(image)(stand, tag, cancellationToken);
        await stand.Stage.Engine.Api.TagAsync(stand.Reference(tag), $"{stand.Name}/retagged:prod", cancellationToken);
        return $"docker:{stand.Name}/retagged:prod";
    };

    /// <summary>Loaded by the engine, which so has never seen a manifest of it.</summary>
    public static PairSide Loaded(BuiltImage image) => async (stand, tag, cancellationToken) =>
    {
        await stand.Stage.Engine.Api.LoadAsync(ImageBuilder.Archive(image, $"{stand.Name}/loaded:{tag}"), cancellationToken);
        return $"docker:{stand.Name}/loaded:{tag}";
    };

    /// <summary>Pulled and saved by the engine.</summary>
    public static PairSide Saved(BuiltImage image, bool packed) => async (stand, tag, cancellationToken) =>
    {
        await Pulled(image)(stand, tag, cancellationToken);
        var path = Path.Combine(stand.Folder, $"{tag}.tar");
        await using var file = File.Create(path);
        await using Stream target = packed ? new GZipStream(file, CompressionLevel.Fastest) : file;
        await stand.Stage.Engine.Api.ExportAsync(stand.Reference(tag), target, cancellationToken);
        return $"archive:{path}";
    };

    /// <summary>Brought to another place by skopeo.</summary>
    /// <param name="words">What is typed for skopeo, DIR being a folder and TAG the tag.</param>
    /// <param name="typed">The same for us.</param>
    public static PairSide Copied(BuiltImage image, string words, string typed) => async (stand, tag, cancellationToken) =>
    {
        await stand.PushAsync(tag, image, cancellationToken);
        await Lap.RunAsync(
            Programs.Skopeo, ["--insecure-policy", "copy", "-q", "--src-tls-verify=false", $"docker://{stand.Reference(tag)}", .. In(words).Split(' ')], cancellationToken);
        return In(typed);

        string In(string text) => text.Replace("DIR", stand.Folder, StringComparison.Ordinal).Replace("TAG", tag, StringComparison.Ordinal);
    };

    /// <summary>Something that is no image: whatever the text says, DIR being a folder in which a folder "empty" is.</summary>
    public static PairSide Nothing(string typed) => (stand, _, _) =>
    {
        Directory.CreateDirectory(Path.Combine(stand.Folder, "empty"));
        return Task.FromResult(typed.Replace("DIR", stand.Folder, StringComparison.Ordinal).Replace("REPOSITORY", stand.Reference("")[..^1], StringComparison.Ordinal));
    };

    /// <summary>Half of what <see cref="Saved"/> writes.</summary>
    public static PairSide Truncated(BuiltImage image) => async (stand, tag, cancellationToken) =>
    {
        var typed = await Saved(image, packed: false)(stand, tag, cancellationToken);
        await using var file = File.OpenWrite(typed["archive:".Length..]);
        file.SetLength(file.Length / 2);
        return typed;
    };

    /// <summary>A layer of it rots at the registry.</summary>
    public static PairSide Rotten(BuiltImage image, int layer) => async (stand, tag, cancellationToken) =>
    {
        await stand.PushAsync(tag, image, cancellationToken);
        Spoiler.FlipBit(stand.Stage.Registry.BlobPath(image.Layers[layer].Digest));
        return stand.Reference(tag);
    };

    public static JsonObject Annotations(string key, string value) => new() { [key] = value };
}
