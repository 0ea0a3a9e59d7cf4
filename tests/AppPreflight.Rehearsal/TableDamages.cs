using System.Text;

namespace AppPreflight.Rehearsal;

/// <summary>What can be wrong in the tables that an engine believes when it pulls.</summary>
/// <remarks>Source of the paths: moby 20.10, distribution/metadata, layer/filestore.go; containerd's content store, here the engine's own.</remarks>
internal static class TableDamages
{
    /// <summary>The layer that 3.1.1 alone has is said to be the one that 2.0.0 alone has, which stands on the same layers.</summary>
    public static Task MapToStoredAsync(Appliance appliance, CancellationToken cancellationToken)
    {
        const int own = 2;
        return MapAsync(appliance, appliance.Images.Target.Layers[own], appliance.Images.Intermediate.Layers[own], cancellationToken);
    }

    /// <summary>The layer that both steps share is said to be one of the running 1.10.3.</summary>
    public static Task MapToRunningAsync(Appliance appliance, CancellationToken cancellationToken) =>
        MapAsync(appliance, appliance.Images.Target.Layers[1], appliance.Images.Installed.Layers[1], cancellationToken);

    /// <summary>The same, but what it is said to be no layer of this engine is: the engine sees through that itself.</summary>
    public static Task MapToNothingAsync(Appliance appliance, CancellationToken cancellationToken) =>
        File.WriteAllTextAsync(MappingPath(appliance.Stage.Engine, appliance.Images.Target.Layers[2]), $"sha256:{new string('a', 64)}", cancellationToken);

    /// <summary>One digit of a layer's digest is another; what it asks for then, no registry has.</summary>
    public static Task RotManifestAsync(Appliance appliance, CancellationToken cancellationToken) => RotManifestAsync(appliance.Stage.Engine, appliance.Images.Intermediate, cancellationToken);

    public static async Task RotManifestInUseAsync(Appliance appliance, CancellationToken cancellationToken)
    {
        await appliance.RunAsync("second", appliance.IntermediateReference, cancellationToken);
        await RotManifestAsync(appliance, cancellationToken);
    }

    /// <summary>All bytes are zero, which no engine takes for a manifest.</summary>
    public static Task ZeroManifestAsync(Appliance appliance, CancellationToken cancellationToken)
    {
        var path = ManifestPath(appliance.Stage.Engine, appliance.Images.Intermediate);
        return WriteAsync(path, new byte[new FileInfo(path).Length], cancellationToken);
    }

    public static Task LeaveEmptyFolderAsync(Appliance appliance, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(FolderPath(appliance));
        return Task.CompletedTask;
    }

    /// <summary>As after a power cut: files were made and never written.</summary>
    public static async Task LeaveHalfFolderAsync(Appliance appliance, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateDirectory(FolderPath(appliance)).FullName;
        foreach (var file in (string[])["cache-id", "diff", "size"]) await File.WriteAllBytesAsync(Path.Combine(folder, file), [], cancellationToken);
    }

    /// <summary>2.0.0's own layer bears the short name of the running 1.10.3's.</summary>
    public static Task StealShortNameAsync(Appliance appliance, CancellationToken cancellationToken)
    {
        var (running, own) = (LayerPlace.AllOf(appliance.Stage.Engine, appliance.Images.Installed)[^1], LayerPlace.AllOf(appliance.Stage.Engine, appliance.Images.Intermediate)[^1]);
        return File.WriteAllTextAsync(own.LinkFile, Path.GetFileName(running.ShortName), cancellationToken);
    }

    public static Task EmptyLowerAsync(Appliance appliance, CancellationToken cancellationToken) =>
        File.WriteAllTextAsync(LayerPlace.AllOf(appliance.Stage.Engine, appliance.Images.Intermediate)[^1].LowerFile, "", cancellationToken);

    /// <summary>Of the layer that 3.1.1 alone has.</summary>
    public static string FolderPath(Appliance appliance)
    {
        var chain = appliance.Images.Target.Layers.Skip(1).Take(2).Aggregate(
            appliance.Images.Target.Layers[0].DiffId, (below, layer) => LayerBuilder.Sha256(Encoding.ASCII.GetBytes($"{below} {layer.DiffId}")));
        return Path.Combine(appliance.Stage.Engine.DataRoot, "image/overlay2/layerdb/sha256", Hex(chain));
    }

    public static string MappingPath(Engine engine, BuiltLayer layer) =>
        Path.Combine(engine.DataRoot, "image/overlay2/distribution/diffid-by-digest/sha256", Hex(layer.Digest));

    public static string ManifestPath(Engine engine, BuiltImage image) =>
        Path.Combine(engine.DataRoot, "containerd/daemon/io.containerd.content.v1.content/blobs/sha256", Hex(image.Manifest.Digest));

    private static async Task RotManifestAsync(Engine engine, BuiltImage image, CancellationToken cancellationToken)
    {
        var path = ManifestPath(engine, image);
        var digest = image.Layers[^1].Digest;
        var text = await File.ReadAllTextAsync(path, cancellationToken);
        await WriteAsync(path, Encoding.UTF8.GetBytes(text.Replace(digest, digest[..^1] + (digest[^1] == '0' ? '1' : '0'), StringComparison.Ordinal)), cancellationToken);
    }

    private static Task MapAsync(Appliance appliance, BuiltLayer layer, BuiltLayer wrong, CancellationToken cancellationToken) =>
        File.WriteAllTextAsync(MappingPath(appliance.Stage.Engine, layer), wrong.DiffId, cancellationToken);

    // into the file that is there: containerd has made it unwritable, which does not stop a disk
    private static async Task WriteAsync(string path, byte[] bytes, CancellationToken cancellationToken)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Write);
        await file.WriteAsync(bytes, cancellationToken);
    }

    private static string Hex(string digest) => digest["sha256:".Length..];
}
