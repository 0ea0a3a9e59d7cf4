using System.Diagnostics;
using System.Formats.Tar;
using System.Text;
using System.Text.Json.Nodes;
using AppPreflight.Archive;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Ports;
using AppPreflight.Rehearsal;

namespace AppPreflight.Layouts;

/// <summary>A folder for copies of images, how they are made, and how they are asked.</summary>
internal sealed class Copies : IDisposable
{
    public static readonly Platform Amd64 = new("linux", "amd64");
    public static readonly BuiltLayer Base = RawTar.Layer(TarPiece.Folder("etc"), TarPiece.Text("etc/os", "one"), TarPiece.SymbolicLink("os", "etc/os"));
    public static readonly BuiltLayer Top = RawTar.Layer(TarPiece.Folder("app"), TarPiece.File("app/bulk", LayerBuilder.Bulk(300_000, "top")), TarPiece.Whiteout("etc", "os"));

    public string Folder { get; } = Directory.CreateTempSubdirectory("apr-copies-").FullName;

    public string this[string name] => Path.Combine(Folder, name);

    public static BuiltImage Image(string label = "one", ImageFormat format = ImageFormat.Oci, string architecture = "amd64") =>
        ImageBuilder.Build(new ImageTraits(label) { Format = format, Architecture = architecture }, Base, Top);

    public static Task<ImageForm> DescribeAsync(ImagePlace place, string name) => new LayoutCopies(place).DescribeAsync(name, Amd64, CancellationToken.None);

    public static async Task<IReadOnlyList<LayerFiles>> ListAsync(ImageForm image, IProgress<long>? progress = null) =>
        await new LayoutCopies(image.Place).ListLayersAsync(image, [.. Enumerable.Range(0, image.Layers.Count)], progress, CancellationToken.None);

    /// <summary>What goes wrong first: with the documents, or with the layers.</summary>
    public static async Task<SourceFault> FaultOfAsync(ImagePlace place, string name)
    {
        try
        {
            await ListAsync(await DescribeAsync(place, name));
        }
        catch (SourceException e)
        {
            return e.What;
        }

        throw new InvalidOperationException($"{name} was read without any complaint");
    }

    /// <summary>A tar's files, read on their own.</summary>
    public static IReadOnlyList<LayerFile> FilesOf(byte[] tar)
    {
        using var listing = new LayerListing();
        listing.Take(tar);
        return listing.Finish();
    }

    /// <summary>Writes a layout in which every manifest or index has its names; null is an entry without.</summary>
    public string Layout(string folder, params (BuiltManifest Root, IReadOnlyList<BuiltImage> Images, string? Name)[] entries)
    {
        Write(folder, "oci-layout", """{"imageLayoutVersion":"1.0.0"}"""u8);
        var list = new JsonArray();
        foreach (var (root, images, name) in entries)
        {
            Blob(folder, root.Bytes);
            foreach (var image in images)
            {
                Blob(folder, image.Manifest.Bytes);
                Blob(folder, image.Config);
                foreach (var layer in image.Layers) Blob(folder, layer.Compressed);
            }

            var entry = new JsonObject { ["mediaType"] = root.MediaType, ["digest"] = root.Digest, ["size"] = root.Bytes.Length };
            if (name is not null) entry["annotations"] = new JsonObject { ["org.opencontainers.image.ref.name"] = name };
            list.Add((JsonNode)entry);
        }

        Write(folder, "index.json", Encoding.UTF8.GetBytes(new JsonObject { ["schemaVersion"] = 2, ["manifests"] = list }.ToJsonString()));
        return this[folder];
    }

    public string Layout(string folder, BuiltImage image, string? name = null) => Layout(folder, (image.Manifest, [image], name));

    public string Blob(string folder, ReadOnlySpan<byte> bytes) => Write(folder, "blobs/sha256/" + LayerBuilder.Sha256(bytes)["sha256:".Length..], bytes);

    /// <summary>Where a layout has these bytes.</summary>
    public string BlobPath(string folder, string digest) => Path.Combine(this[folder], "blobs/sha256", digest["sha256:".Length..]);

    public string Write(string folder, string name, ReadOnlySpan<byte> bytes)
    {
        var path = Path.Combine(this[folder], name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    public string Write(string name, ReadOnlySpan<byte> bytes) => Write("", name, bytes);

    /// <summary>Runs a program here; it has to succeed.</summary>
    public string Run(string program, params string[] words)
    {
        var start = new ProcessStartInfo(program, words) { WorkingDirectory = Folder, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        using var process = Process.Start(start)!;
        var said = process.StandardError.ReadToEndAsync();
        var text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? text : throw new RehearsalException($"{program} {string.Join(' ', words)}: {said.Result}");
    }

    /// <summary>A tar of any entries, as the framework writes them.</summary>
    public static byte[] Tar(params (string Name, byte[] Content)[] files)
    {
        using var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach (var (name, content) in files)
            {
                using var stream = new MemoryStream(content);
                writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { ModificationTime = DateTimeOffset.UnixEpoch, DataStream = stream });
            }
        }

        return tar.ToArray();
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
