using System.Globalization;
using System.IO.Compression;
using System.Text;
using AppPreflight.Archive;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Ports;
using NUnit.Framework;

namespace AppPreflight.Registry;

/// <summary>A small image by hand, with what is needed to serve and to ask for it.</summary>
internal sealed class Pulls
{
    public static readonly Platform Amd64 = new("linux", "amd64");

    public static readonly RegistryLimits Quick = new()
    {
        Pause = TimeSpan.FromMilliseconds(1),
        LongestPause = TimeSpan.FromMilliseconds(500),
        Headers = TimeSpan.FromSeconds(5),
        Stall = TimeSpan.FromSeconds(5),
        Probe = TimeSpan.FromSeconds(5),
    };

    public byte[] Tar { get; init; } = MakeTar(300_000, 7);

    public byte[] Layer => Gzip(Tar);

    public byte[] Config => Encoding.UTF8.GetBytes(
        $$$"""{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":["{{{Digest.Of(Tar)}}}"]}}""");

    public byte[] Manifest => Encoding.UTF8.GetBytes(
        $$$"""{"schemaVersion":2,"mediaType":"{{{MediaType.DockerManifest}}}","config":{{{Entry(MediaType.DockerConfig, Config)}}},"layers":[{{{Entry(MediaType.DockerLayerGzip, Layer)}}}]}""");

    public Descriptor LayerDescriptor => new(MediaType.DockerLayerGzip, Digest.Of(Layer), Layer.Length);

    public static string Entry(string type, byte[] content) =>
        string.Create(CultureInfo.InvariantCulture, $$"""{"mediaType":"{{type}}","digest":"{{Digest.Of(content)}}","size":{{content.Length}}}""");

    public static byte[] MakeTar(int length, int seed)
    {
        var tar = new byte[length];
        new Random(seed).NextBytes(tar.AsSpan(0, length / 2));
        return tar;
    }

    public static byte[] Gzip(ReadOnlySpan<byte> content)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest)) gzip.Write(content);
        return packed.ToArray();
    }

    /// <summary>Serves this image as a well-behaved registry does.</summary>
    public FakeReply Serve(FakeRequest request)
    {
        if (request.Path.Contains("/manifests/", StringComparison.Ordinal)) return Reply(Manifest, MediaType.DockerManifest);
        foreach (var blob in new[] { Config, Layer })
        {
            if (request.Path.EndsWith(Digest.Of(blob).ToString(), StringComparison.Ordinal)) return Reply(blob, "application/octet-stream");
        }

        return FakeReply.Text(404, """{"errors":[{"code":"BLOB_UNKNOWN","message":"blob unknown to registry"}]}""");
    }

    public static FakeReply Reply(byte[] body, string type) =>
        new(200, body) { Headers = [("Content-Type", type), ("Docker-Content-Digest", Digest.Of(body).ToString())] };

    public static ImageRequirement Image(string authority, string rest = "app/web:1.0") =>
        new(ImageReference.Parse($"{authority}/{rest}"), ["1.0"]);

    public static RegistryClient Client(RegistryLimits? limits = null, EngineNetwork? network = null, string? licence = null, string root = "/nonexistent", TimeProvider? time = null, Unpacking? unpacking = null, HostNames? names = null) =>
        new(new RegistrySettings { Unpacking = unpacking ?? Unpacking.OfThisMachine, Limits = limits ?? Quick, Network = network ?? new(), LicenceKey = licence, Root = root, Names = names ?? HostNames.System }, time ?? TimeProvider.System);

    public static async Task<SourceFault> FaultOfAsync(Func<Task> act)
    {
        try
        {
            await act();
        }
        catch (SourceException e)
        {
            return e.What;
        }

        throw new AssertionException("no SourceException was thrown");
    }
}
