using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;

namespace AppPreflight.Rehearsal;

/// <summary>How the truth is bent. Each takes the honest answer and gives the one that is sent.</summary>
/// <remarks>Sources of the cases: moby #21290 (empty), distribution #2168 (doubled), moby #17595 (packed once more), distribution #4845 (cut).</remarks>
internal static class Lies
{
    private const string BlockPage = "<!DOCTYPE html><html><head><title>Blocked</title></head><body>This download was blocked by your gateway.</body></html>";

    private const string StorageError =
        """<?xml version="1.0" encoding="UTF-8"?><Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>""";

    private const string RegistryError = """{"errors":[{"code":"UNKNOWN","message":"unknown error","detail":{}}]}""";

    private static int turns;

    public static LiarAnswer Empty(LiarAnswer honest) => honest.WithBody([]);

    public static LiarAnswer Doubled(LiarAnswer honest) => honest.WithBody([.. honest.Body, .. honest.Body]);

    public static LiarAnswer Truncated(LiarAnswer honest) => honest.WithBody(honest.Body[..(honest.Body.Length * 2 / 3)]);

    /// <summary>The connection ends at the same byte each time, by whatever way one gets there.</summary>
    public static LiarAnswer Cut(LiarAnswer honest) => honest with { Body = honest.Body[..(honest.Body.Length / 2)], Announced = honest.Body.Length };

    /// <summary>The announced length is too small: what is left of the body spoils the connection.</summary>
    public static LiarAnswer AnnouncedShorter(LiarAnswer honest) => honest with { Announced = honest.Body.Length - 100 };

    public static LiarAnswer Gunzipped(LiarAnswer honest) => honest.WithBody(Unpack(honest.Body));

    public static LiarAnswer GzippedTwice(LiarAnswer honest) => honest.WithBody(Pack(honest.Body));

    /// <summary>What a proxy does that packs everything: honest about it in the header.</summary>
    public static LiarAnswer Encoded(LiarAnswer honest) => GzippedTwice(honest).With("Content-Encoding", "gzip");

    public static LiarAnswer Html(LiarAnswer honest) => Page(BlockPage, "text/html; charset=utf-8");

    public static LiarAnswer Xml(LiarAnswer honest) => Page(StorageError, "application/xml");

    public static LiarAnswer Json(LiarAnswer honest) => Page(RegistryError, "application/json");

    public static LiarAnswer Typed(LiarAnswer honest, string type) => honest.With("Content-Type", type);

    public static LiarAnswer BitFlipped(LiarAnswer honest)
    {
        var body = honest.Body.ToArray();
        body[body.Length / 2] ^= 1;
        return honest.WithBody(body);
    }

    /// <summary>The second page of 4096 bytes is zeros, as after a power cut at the registry.</summary>
    public static LiarAnswer PageZeroed(LiarAnswer honest)
    {
        var body = honest.Body.ToArray();
        body.AsSpan(4096, 4096).Clear();
        return honest.WithBody(body);
    }

    /// <summary>Other bytes each time.</summary>
    public static LiarAnswer Unstable(LiarAnswer honest)
    {
        var turn = Interlocked.Increment(ref turns);
        var body = honest.Body.ToArray();
        body[turn * 37 % body.Length] ^= (byte)(turn % 255 + 1);
        return honest.WithBody(body);
    }

    public static LiarAnswer Endless(LiarAnswer honest) => honest with { Announced = null, IsEndless = true };

    /// <summary>Whole, right and slow.</summary>
    public static LiarAnswer Dripping(LiarAnswer honest) => honest with { Drip = TimeSpan.FromMilliseconds(10) };

    public static LiarAnswer Refused(int status, string code) =>
        Page($$"""{"errors":[{"code":"{{code}}","message":"as rehearsed","detail":null}]}""", "application/json") with { Status = status };

    public static LiarAnswer Redirected(string target) => new LiarAnswer(307, []).With("Location", target);

    /// <summary>White space without end, as it seems: 100 MB of it.</summary>
    public static LiarAnswer Huge(LiarAnswer honest) => honest with { Body = [.. "{"u8, .. Enumerable.Repeat((byte)' ', (1 << 20) - 1)], Repeats = 100, Announced = null };

    /// <summary>An announced digest that the bytes do not have.</summary>
    public static LiarAnswer Misnamed(LiarAnswer honest) => honest.With("Docker-Content-Digest", $"sha256:{new string('d', 64)}");

    public static byte[] Pack(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true)) gzip.Write(bytes);
        return packed.ToArray();
    }

    /// <summary>JSON that is a hundred thousand lists deep.</summary>
    public static byte[] Deep() => Encoding.ASCII.GetBytes(new string('[', 100_000) + new string(']', 100_000));

    /// <summary>The manifest of an image, changed by somebody who wants it so.</summary>
    public static BuiltManifest Edited(BuiltImage image, Action<JsonNode> edit)
    {
        var manifest = JsonNode.Parse(image.Manifest.Bytes)!;
        edit(manifest);
        return new(Encoding.UTF8.GetBytes(manifest.ToJsonString()), image.Manifest.MediaType);
    }

    /// <summary>A manifest of the form that Docker had before 2015.</summary>
    public static BuiltManifest SchemaOne(BuiltImage image)
    {
        var layers = image.Layers.Select(layer => (JsonNode)new JsonObject { ["blobSum"] = layer.Digest }).Reverse();
        var history = image.Layers.Select(layer => (JsonNode)new JsonObject { ["v1Compatibility"] = $$"""{"id":"{{layer.DiffId["sha256:".Length..]}}"}""" });
        var manifest = new JsonObject
        {
            ["schemaVersion"] = 1,
            ["name"] = "ucsschool/kelvin",
            ["tag"] = "2.0.0",
            ["architecture"] = "amd64",
            ["fsLayers"] = new JsonArray([.. layers]),
            ["history"] = new JsonArray([.. history]),
        };
        return new(Encoding.UTF8.GetBytes(manifest.ToJsonString()), "application/vnd.docker.distribution.manifest.v1+json");
    }

    private static byte[] Unpack(byte[] packed)
    {
        using var gzip = new GZipStream(new MemoryStream(packed), CompressionMode.Decompress);
        using var unpacked = new MemoryStream();
        gzip.CopyTo(unpacked);
        return unpacked.ToArray();
    }

    private static LiarAnswer Page(string text, string type) =>
        new LiarAnswer(200, Encoding.UTF8.GetBytes(text)).With("Content-Type", type);
}
