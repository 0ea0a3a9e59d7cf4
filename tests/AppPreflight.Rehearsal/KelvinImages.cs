using System.IO.Compression;

namespace AppPreflight.Rehearsal;

/// <summary>
/// The three images of the Kelvin chain. All share the base layer, the two steps share a runtime layer, and each has two
/// layers of its own: so a purge that goes too far, or not far enough, shows.
/// </summary>
internal sealed record KelvinImages(BuiltImage Installed, BuiltImage Intermediate, BuiltImage Target)
{
    /// <summary>A file of the base layer that nothing running reads: safe to spoil under a running container.</summary>
    public const string BaseFile = "usr/share/base.bin";

    /// <summary>The largest file of an image's own layer, and the file of its top layer.</summary>
    public const string AppFile = "opt/kelvin/app.bin";

    public const string TopFile = "opt/kelvin/release";

    /// <param name="seed">Other seed, other bytes in every layer.</param>
    /// <param name="layerSizeBytes">Incompressible bytes in each of the larger layers.</param>
    public static KelvinImages Build(string seed, int layerSizeBytes)
    {
        var ground = Base(seed, layerSizeBytes);
        var runtime = Runtime(seed, layerSizeBytes);
        return new(
            Image(seed, "1.10.3", layerSizeBytes, [ground]),
            Image(seed, "2.0.0", layerSizeBytes, [ground, runtime]),
            Image(seed, "3.1.1", layerSizeBytes, [ground, runtime]));
    }

    /// <summary>The same release built once more: lower layers are the same, the top one and so the config are not.</summary>
    public static BuiltImage Rebuilt(BuiltImage image, string seed)
    {
        using var top = new LayerBuilder();
        top.AddFolder("opt").AddFolder("opt/kelvin").AddText(TopFile, $"rebuilt {seed}\n");
        return ImageBuilder.Build(new($"{seed} rebuilt"), [.. image.Layers.SkipLast(1), top.Build()]);
    }

    /// <summary>The same layers under a configuration with another label.</summary>
    public static BuiltImage Relabelled(BuiltImage image, string label) => ImageBuilder.Build(new(label), image.Layers);

    /// <summary>The same configuration and layers, each packed by another gzip.</summary>
    public static BuiltImage Recompressed(BuiltImage image)
    {
        var packed = image.Layers.Select(layer => LayerBuilder.Pack(layer.Tar, CompressionLevel.SmallestSize)).ToList();
        return ImageBuilder.Assemble(image.Config, ImageFormat.Docker, packed);
    }

    /// <summary>The same release for another processor; its layers are its own.</summary>
    public static BuiltImage ForArm(string seed, string version)
    {
        using var top = new LayerBuilder();
        top.AddFolder("opt").AddFolder("opt/kelvin").AddText(TopFile, $"{version} arm64 {seed}\n");
        return ImageBuilder.Build(new($"{seed} {version}") { Architecture = "arm64" }, top.Build());
    }

    /// <summary>An image that has nothing to do with Kelvin.</summary>
    public static BuiltImage Foreign(string seed)
    {
        using var layer = new LayerBuilder();
        layer.AddText("foreign", $"not Kelvin at all: {seed}\n");
        return ImageBuilder.Build(new($"{seed} foreign"), layer.Build());
    }

    private static BuiltImage Image(string seed, string version, int layerSizeBytes, BuiltLayer[] below)
    {
        using var app = new LayerBuilder();
        app.AddFolder("opt").AddFolder("opt/kelvin").AddBulk(AppFile, layerSizeBytes, $"{seed} {version}");
        using var top = new LayerBuilder();
        top.AddFolder("opt").AddFolder("opt/kelvin").AddText(TopFile, $"ucsschool-kelvin-rest-api {version} {seed}\n");
        return ImageBuilder.Build(new($"{seed} {version}"), [.. below, app.Build(), top.Build()]);
    }

    private static BuiltLayer Base(string seed, int layerSizeBytes)
    {
        using var layer = new LayerBuilder();
        layer.AddFolder("bin").AddFile("bin/busybox", File.ReadAllBytes(Programs.Busybox), executable: true);
        foreach (var name in (string[])["sh", "sleep", "cat", "ls", "true"]) layer.AddLink($"bin/{name}", "busybox");
        layer.AddFolder("etc").AddText("etc/rehearsal", $"{seed}\n");
        layer.AddFolder("usr").AddFolder("usr/share").AddBulk(BaseFile, layerSizeBytes, $"{seed} base");
        return layer.Build();
    }

    private static BuiltLayer Runtime(string seed, int layerSizeBytes)
    {
        using var layer = new LayerBuilder();
        layer.AddFolder("usr").AddFolder("usr/lib").AddBulk("usr/lib/runtime.bin", layerSizeBytes, $"{seed} runtime");
        return layer.Build();
    }
}
