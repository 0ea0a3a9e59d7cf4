using System.Formats.Tar;
using System.Globalization;
using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.LayerStore;

/// <summary>A data root as an engine with overlay2 leaves it, of layers made here: for what a real engine can't be made to do at the right moment.</summary>
internal sealed class StoreFolder : IDisposable
{
    private readonly Dictionary<ChainId, string> cacheIds = [];

    public string Root { get; } = Directory.CreateTempSubdirectory("apt-store-").FullName;

    public EngineState Engine => Values.Engine() with { DataRoot = Root, IsLocal = true };

    /// <summary>Puts an image of such layers in; what an earlier one had is shared.</summary>
    public StoredImage Add(string name, params Dictionary<string, byte[]>[] layers)
    {
        var tars = layers.Select(Tar).ToList();
        var diffIds = tars.Select(tar => new DiffId(Digest.Of(tar))).ToList();
        var chains = ChainId.AllOf(diffIds);
        for (var i = 0; i < layers.Length; i++)
        {
            if (!cacheIds.ContainsKey(chains[i])) Add(chains[i], diffIds[i], i == 0 ? null : chains[i - 1], tars[i], layers[i]);
        }

        var named = string.Join(',', diffIds.Select(diffId => $"\"{diffId}\""));
        var config = System.Text.Encoding.UTF8.GetBytes($$$"""{"of":"{{{name}}}","rootfs":{"type":"layers","diff_ids":[{{{named}}}]}}""");
        Write($"image/overlay2/imagedb/content/sha256/{Digest.Of(config).Hex}", config);
        return new() { Id = Digest.Of(config), Tags = [name], DiffIds = diffIds };
    }

    public string TableOf(StoredImage image, int layer) => Path.Combine(Root, "image/overlay2/layerdb/sha256", ChainId.AllOf(image.DiffIds)[layer].Value.Hex);

    /// <summary>The layer's folder below <c>overlay2</c>: its files, its short name, its list of the layers below.</summary>
    public string FolderOf(StoredImage image, int layer) => Path.GetDirectoryName(FilesOf(image, layer))!;

    public string ShortNameOf(StoredImage image, int layer) => Path.Combine(Root, "overlay2/l", File.ReadAllText(Path.Combine(FolderOf(image, layer), "link")));

    public string FilesOf(StoredImage image, int layer) => Path.Combine(Root, "overlay2", cacheIds[ChainId.AllOf(image.DiffIds)[layer]], "diff");

    /// <summary>As if BuildKit had built the layer where it lies.</summary>
    public void RenameAsBuilt(StoredImage image, int layer)
    {
        const string name = "x5f3c2kq8zj1v0n9m4b7w6r2t";
        var shortName = ShortNameOf(image, layer);
        Directory.Move(FolderOf(image, layer), Path.Combine(Root, "overlay2", name));
        File.Delete(shortName);
        File.CreateSymbolicLink(shortName, $"../{name}/diff");
        File.WriteAllText(Path.Combine(TableOf(image, layer), "cache-id"), name);
        cacheIds[ChainId.AllOf(image.DiffIds)[layer]] = name;
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);

    private void Add(ChainId chain, DiffId diffId, ChainId? parent, byte[] tar, Dictionary<string, byte[]> files)
    {
        var cacheId = Digest.Of(System.Text.Encoding.ASCII.GetBytes("cache " + chain)).Hex;
        cacheIds[chain] = cacheId;
        var table = $"image/overlay2/layerdb/sha256/{chain.Value.Hex}";
        Write($"{table}/diff", diffId.ToString());
        if (parent is not null) Write($"{table}/parent", parent.ToString());
        Write($"{table}/cache-id", cacheId);
        Write($"{table}/size", files.Values.Sum(file => file.Length).ToString(CultureInfo.InvariantCulture));
        Write($"{table}/tar-split.json.gz", TarSplitMaker.Pack(TarSplitMaker.Split(tar).Json));
        Directory.CreateDirectory(Path.Combine(Root, "overlay2", cacheId, "diff"));
        Write($"overlay2/{cacheId}/link", ShortName(cacheId));
        Directory.CreateDirectory(Path.Combine(Root, "overlay2/l"));
        File.CreateSymbolicLink(Path.Combine(Root, "overlay2/l", ShortName(cacheId)), $"../{cacheId}/diff");
        if (parent is not null) Write($"overlay2/{cacheId}/lower", Lower(cacheIds[parent]));
        foreach (var (path, content) in files)
        {
            Write($"overlay2/{cacheId}/diff/{path}", content);
            File.SetUnixFileMode(Path.Combine(Root, $"overlay2/{cacheId}/diff/{path}"), (UnixFileMode)0b110_100_100);
        }
    }

    private static string ShortName(string cacheId) => cacheId[..26].ToUpperInvariant();

    private string Lower(string below)
    {
        var further = Path.Combine(Root, "overlay2", below, "lower");
        return $"l/{ShortName(below)}" + (File.Exists(further) ? ":" + File.ReadAllText(further) : "");
    }

    private static byte[] Tar(Dictionary<string, byte[]> files)
    {
        using var bytes = new MemoryStream();
        using (var writer = new TarWriter(bytes, TarEntryFormat.Ustar, leaveOpen: true))
        {
            foreach (var (path, content) in files)
                writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, path) { Mode = (UnixFileMode)0b110_100_100, ModificationTime = DateTimeOffset.UnixEpoch, DataStream = new MemoryStream(content) });
        }

        return bytes.ToArray();
    }

    private void Write(string path, string text) => Write(path, System.Text.Encoding.ASCII.GetBytes(text));

    private void Write(string path, byte[] bytes)
    {
        var full = Path.Combine(Root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllBytes(full, bytes);
    }
}
