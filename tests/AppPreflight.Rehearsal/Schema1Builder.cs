using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace AppPreflight.Rehearsal;

/// <summary>An image as schema 1 describes it.</summary>
/// <param name="Manifest">The document with its signatures, if it has any.</param>
/// <param name="PayloadDigest">What registries name it by, and serve it under.</param>
/// <param name="Layers">Every blob it names, the empty one too.</param>
internal sealed record BuiltSchema1(BuiltManifest Manifest, string PayloadDigest, IReadOnlyList<BuiltLayer> Layers);

/// <summary>Makes manifests of schema 1 as the builder of Distribution does, and signs them as libtrust does.</summary>
/// <remarks>Sources: distribution manifest/schema1/config_builder.go (2.8); libtrust jsonsign.go, PrettySignature.</remarks>
internal static class Schema1Builder
{
    public const string Signed = "application/vnd.docker.distribution.manifest.v1+prettyjws";
    public const string Unsigned = "application/vnd.docker.distribution.manifest.v1+json";

    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    // libtrust's own indentation, and letters as they are
    private static readonly JsonSerializerOptions Pretty = new() { WriteIndented = true, IndentSize = 3, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The gzip of an empty tar that every schema 1 manifest names for steps that changed no file (distribution schema1, GzippedEmptyTar).</summary>
    public static BuiltLayer Empty { get; } = MakeEmpty();

    /// <param name="name">Repository, without the registry.</param>
    /// <param name="tag">Part of the document.</param>
    /// <param name="image">Its configuration's history says which steps made no layer.</param>
    /// <param name="signatures">Of so many keys; 0: none.</param>
    public static BuiltSchema1 Build(string name, string tag, BuiltImage image, int signatures = 1)
    {
        var payload = Encoding.UTF8.GetBytes(Payload(name, tag, image).ToJsonString(Pretty));
        var bytes = signatures == 0 ? payload : Sign(payload, signatures);
        return new(new(bytes, signatures == 0 ? Unsigned : Signed), LayerBuilder.Sha256(payload), [.. image.Layers, Empty]);
    }

    /// <summary>Puts signatures of fresh keys behind a payload that ends in a line feed and a brace.</summary>
    public static byte[] Sign(byte[] payload, int signatures = 1)
    {
        var length = payload.Length - 2;
        var blocks = new JsonArray();
        for (var i = 0; i < signatures; i++) blocks.Add(Signature(payload, length));
        var lines = blocks.ToJsonString(Pretty).Replace("\n", "\n   ", StringComparison.Ordinal);
        return [.. payload.AsSpan(0, length), .. Encoding.UTF8.GetBytes($",\n   \"signatures\": {lines}\n}}")];
    }

    private static JsonObject Payload(string name, string tag, BuiltImage image)
    {
        var config = JsonNode.Parse(image.Config)!.AsObject();
        var steps = config["history"]!.AsArray().Select(step => step!.AsObject()).ToList();
        var (digests, entries, parent, used) = (new List<string>(), new List<JsonObject>(), "", 0);
        foreach (var (place, step) in steps.Index())
        {
            var isEmpty = step["empty_layer"]?.GetValue<bool>() == true;
            var digest = isEmpty ? Empty.Digest : image.Layers[used++].Digest;
            var id = LayerBuilder.Sha256(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{digest} {parent} {place}")))["sha256:".Length..];
            var entry = place == steps.Count - 1 ? Top(config) : Below(step);
            entry["id"] = id;
            if (parent.Length > 0) entry["parent"] = parent;
            if (isEmpty) entry["throwaway"] = true;
            parent = id;
            digests.Insert(0, digest);
            entries.Insert(0, new() { ["v1Compatibility"] = entry.ToJsonString() });
        }

        return new()
        {
            ["schemaVersion"] = 1,
            ["name"] = name,
            ["tag"] = tag,
            ["architecture"] = image.Architecture,
            ["fsLayers"] = new JsonArray([.. digests.Select(digest => new JsonObject { ["blobSum"] = digest })]),
            ["history"] = new JsonArray([.. entries]),
        };
    }

    private static JsonObject Top(JsonObject config)
    {
        var top = config.DeepClone().AsObject();
        top.Remove("rootfs");
        top.Remove("history");
        return top;
    }

    private static JsonObject Below(JsonObject step)
    {
        var entry = new JsonObject { ["created"] = step["created"]?.DeepClone(), ["container_config"] = new JsonObject { ["Cmd"] = new JsonArray(step["created_by"]?.DeepClone()) } };
        foreach (var key in (string[])["comment", "author"])
        {
            if (step[key] is { } text) entry[key] = text.DeepClone();
        }

        return entry;
    }

    private static JsonObject Signature(byte[] payload, int length)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var header = new JsonObject { ["formatLength"] = length, ["formatTail"] = Base64Url.EncodeToString("\n}"u8), ["time"] = "2016-01-01T00:00:00Z" };
        var guarded = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header.ToJsonString()));
        var signed = Encoding.ASCII.GetBytes($"{guarded}.{Base64Url.EncodeToString(payload)}");
        return new()
        {
            ["header"] = new JsonObject { ["jwk"] = Jwk(key), ["alg"] = "ES256" },
            ["signature"] = Base64Url.EncodeToString(key.SignData(signed, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation)),
            ["protected"] = guarded,
        };
    }

    private static JsonObject Jwk(ECDsa key)
    {
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        return new()
        {
            ["crv"] = "P-256",
            ["kid"] = KeyId(SHA256.HashData(key.ExportSubjectPublicKeyInfo()).AsSpan(0, 30)),
            ["kty"] = "EC",
            ["x"] = Base64Url.EncodeToString(point.X),
            ["y"] = Base64Url.EncodeToString(point.Y),
        };
    }

    // libtrust util.go, keyIDEncode: 240 bits in base32, four letters to a group
    private static string KeyId(ReadOnlySpan<byte> bits)
    {
        var text = new StringBuilder();
        for (var at = 0; at < bits.Length * 8; at += 5)
        {
            if (at > 0 && at % 20 == 0) text.Append(':');
            var pair = (bits[at / 8] << 8) | (at / 8 + 1 < bits.Length ? bits[at / 8 + 1] : 0);
            text.Append(Alphabet[(pair >> (11 - at % 8)) & 31]);
        }

        return text.ToString();
    }

    private static BuiltLayer MakeEmpty()
    {
        var packed = Convert.FromBase64String("H4sIAAAJbogA/2IYBaNgFIxYAAgAAP//Lq+17wAEAAA=");
        var tar = new byte[1024];
        return new(tar, LayerBuilder.Sha256(tar), packed, LayerBuilder.Sha256(packed));
    }
}
