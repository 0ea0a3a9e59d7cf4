using System.Buffers.Text;
using System.Text;
using System.Text.Json.Nodes;
using AppPreflight.Rehearsal;
using NUnit.Framework;

namespace AppPreflight.Oci;

internal sealed class Schema1ManifestTests
{
    private const string A = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    private const string B = "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

    private static readonly byte[] Payload = Document((A, """{"id":"top","parent":"base","os":"linux","variant":"v7","created":"2015-01-02T00:00:00.5Z","author":"some","Size":5,"config":{"Labels":{"a":"b"}},"container_config":{"Cmd":["/bin/sh","-c","#(nop) CMD [\"a\"]"]},"throwaway":true}"""), (B, """{"id":"base","created":"2015-01-01T00:00:00Z","container_config":{"Cmd":["COPY",7,"b"]},"comment":"first"}"""));

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(5)]
    public void Reads_layers_and_steps_base_first_and_goes_by_the_payload(int signatures)
    {
        var bytes = signatures == 0 ? Payload : Schema1Builder.Sign(Payload, signatures);
        var manifest = Parse(bytes);
        Assert.That((manifest.PayloadDigest, manifest.IsSigned, manifest.Name, manifest.Tag), Is.EqualTo((Digest.Of(Payload), signatures > 0, "a/b", "1")));
        Assert.That(manifest.Layers.Select(layer => (layer.Digest.ToString(), layer.Id, layer.Parent, layer.IsThrowaway)), Is.EqualTo(new[] { (B, "base", (string?)null, false), (A, "top", "base", true) }));
        Assert.That(manifest.Config.Platform, Is.EqualTo(new Platform("linux", "arm", "v7")));
        Assert.That(manifest.Config.Created, Is.EqualTo("2015-01-02T00:00:00.5Z"));
        Assert.That(manifest.Config.History, Is.EqualTo(new[] { new HistoryEntry("COPY b", false) { Created = "2015-01-01T00:00:00Z", Comment = "first" }, new HistoryEntry("/bin/sh -c #(nop) CMD [\"a\"]", true) { Created = "2015-01-02T00:00:00.5Z", Author = "some" } }));
        Assert.That(manifest.Config.Fields, Is.EqualTo(new Dictionary<string, string> { ["author"] = "some", ["config.Labels.a"] = "b", ["container_config.Cmd"] = "[\"/bin/sh\",\"-c\",\"#(nop) CMD [\\\"a\\\"]\"]" }));
        Assert.That(manifest.Config.DiffIds, Is.Empty);
    }

    [Test]
    public void Gives_its_payloads_digest_only_for_signed_schema_1()
    {
        var (digest, signed) = (Digest.Of(Payload), Schema1Builder.Sign(Payload));
        Assert.That(Schema1Manifest.PayloadDigestOf(signed, digest), Is.EqualTo(digest));
        Assert.That(Schema1Manifest.PayloadDigestOf(signed, Digest.Of([], Digest.Parse("sha512:" + new string('0', 128))))!.Algorithm, Is.EqualTo("sha512"));
        Assert.That(Schema1Manifest.PayloadDigestOf(Payload, digest), Is.Null);
        Assert.That(Schema1Manifest.PayloadDigestOf("<html>"u8.ToArray(), digest), Is.Null);
        var other = Encoding.UTF8.GetString(signed).Replace("fsLayers", "layers", StringComparison.Ordinal);
        Assert.That(Schema1Manifest.PayloadDigestOf(Encoding.UTF8.GetBytes(other), digest), Is.Null, "whoever takes it for schema 2 reads other words than the signed ones");
    }

    [Test]
    public void Heeds_only_what_is_signed()
    {
        var wrapped = JsonNode.Parse(Schema1Builder.Sign(Payload))!.AsObject();
        wrapped["tag"] = "other";
        wrapped["signatures"] = new JsonArray(Signature(0, Payload));
        var manifest = Parse(Encoding.UTF8.GetBytes(wrapped.ToJsonString()));
        Assert.That((manifest.Tag, manifest.PayloadDigest), Is.EqualTo(("1", Digest.Of(Payload))));
    }

    [TestCase("[]")]
    [TestCase("{}")]
    [TestCase("""{"fsLayers":[],"history":[]}""")]
    [TestCase("""{"fsLayers":[{"blobSum":"$A"}],"history":[]}""")]
    [TestCase("""{"fsLayers":[{"blobSum":"$A"}],"history":[{}]}""")]
    [TestCase("""{"fsLayers":[{"blobSum":"$A"}],"history":[7]}""")]
    [TestCase("""{"fsLayers":[{"blobSum":"$A"}],"history":[{"v1Compatibility":"{"}]}""")]
    [TestCase("""{"fsLayers":[{"blobSum":"$A"}],"history":[{"v1Compatibility":"[]"}]}""")]
    [TestCase("""{"fsLayers":[{"blobSum":"$A"}],"history":[{"v1Compatibility":"\ud800"}]}""")]
    [TestCase("""{"fsLayers":[{"blobSum":"$A"}],"history":[{"v1Compatibility":"{\"id\":\"\\ud800\"}"}]}""")]
    [TestCase("""{"fsLayers":[{"blobSum":"$A"}],"history":[{"v1Compatibility":"{\"config\":{\"Cmd\":[\"\\ud800\"]}}"}]}""")]
    [TestCase("""{"fsLayers":[{"blobSum":"$A"}],"history":[{"v1Compatibility":"{\"container_config\":{\"Cmd\":[\"\\ud800\"]}}"}]}""")]
    [TestCase("""{"fsLayers":[{"blobSum":"$A"}],"history":[{"v1Compatibility":"{\"id\":7}"}]}""")]
    [TestCase("""{"fsLayers":[{"blobSum":"sha256:x"}],"history":[{"v1Compatibility":"{}"}]}""")]
    [TestCase("""{"fsLayers":[{}],"history":[{"v1Compatibility":"{}"}]}""")]
    [TestCase("""{"fsLayers":[{"blobSum":"$A"}],"history":[{"v1Compatibility":"{}"}],"signatures":{}}""")]
    [TestCase("""{"fsLayers":[{"blobSum":"$A"}],"history":[{"v1Compatibility":"{}"}],"signatures":[7]}""")]
    [TestCase("""{"fsLayers":[{"blobSum":"$A"}],"history":[{"v1Compatibility":"{}"}],"signatures":[{"protected":"!"}]}""")]
    [TestCase("""{"fsLayers":[{"blobSum":"$A"}],"history":[{"v1Compatibility":"{}"}],"signatures":[{"protected":"e30"}]}""")]
    public void Rejects_what_is_not_schema_1(string text) =>
        Assert.That(() => Parse(Encoding.UTF8.GetBytes(text.Replace("$A", A, StringComparison.Ordinal))), Throws.TypeOf<FormatException>());

    [TestCase(1_000_000)]
    [TestCase(-1)]
    [TestCase(long.MaxValue)]
    [TestCase(3)]
    public void Rejects_a_signature_of_something_else(long length)
    {
        var wrapped = JsonNode.Parse(Payload)!.AsObject();
        wrapped["signatures"] = new JsonArray(Signature(length, "\n}"u8.ToArray()));
        Assert.That(() => Parse(Encoding.UTF8.GetBytes(wrapped.ToJsonString())), Throws.TypeOf<FormatException>());
    }

    [Test]
    public void Rejects_signatures_that_disagree_and_too_many_of_them()
    {
        var wrapped = JsonNode.Parse(Payload)!.AsObject();
        wrapped["signatures"] = new JsonArray(Signature(0, Payload), Signature(0, [.. Payload, (byte)' ']));
        Assert.That(() => Parse(Encoding.UTF8.GetBytes(wrapped.ToJsonString())), Throws.TypeOf<FormatException>().With.Message.Contains("different documents"));
        Assert.That(() => Parse(Schema1Builder.Sign(Payload, 101)), Throws.TypeOf<FormatException>());
    }

    [Test]
    public void Rejects_a_tail_that_makes_it_too_large_and_layers_without_end()
    {
        var wrapped = JsonNode.Parse(Payload)!.AsObject();
        wrapped["signatures"] = new JsonArray(Signature(Payload.Length - 2, [.. Enumerable.Repeat((byte)' ', 2_900_000), .. "}"u8]));
        var whole = Encoding.UTF8.GetBytes(wrapped.ToJsonString());
        Assert.That(() => Parse(whole), Throws.TypeOf<FormatException>(), "more than 4 MiB");
        var many = Document([.. Enumerable.Repeat((A, "{}"), ImageManifest.MaxLayers + 1)]);
        Assert.That(() => Parse(many), Throws.TypeOf<FormatException>());
        Assert.That(() => Parse(Document((A, string.Concat(Enumerable.Repeat("{\"a\":", 40)) + "1" + new string('}', 40)))), Throws.TypeOf<FormatException>());
    }

    [Test]
    public void Knows_the_empty_layer()
    {
        var empty = Schema1Builder.Empty;
        Assert.That((Schema1Layer.EmptyBlob.ToString(), Schema1Layer.EmptyTar.ToString()), Is.EqualTo((empty.Digest, empty.DiffId)));
        var layer = Images.FormLayer.Of(new(Schema1Layer.EmptyBlob, "id", false));
        Assert.That((layer.DiffId, layer.Packed), Is.EqualTo((Schema1Layer.EmptyTar, new Descriptor(MediaType.DockerLayerGzip, Schema1Layer.EmptyBlob, -1))));
        Assert.That(Images.FormLayer.Of(new(Digest.Parse(A), "id", false)).DiffId, Is.Null);
    }

    private static Schema1Manifest Parse(byte[] bytes) => Schema1Manifest.Parse(Served.Of(bytes, MediaType.DockerSchema1Signed));

    private static JsonObject Signature(long length, byte[] tail)
    {
        var header = new JsonObject { ["formatLength"] = length, ["formatTail"] = Base64Url.EncodeToString(tail) };
        return new() { ["protected"] = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header.ToJsonString())) };
    }

    /// <param name="layers">Blob and v1Compatibility, topmost first.</param>
    private static byte[] Document(params (string Blob, string Compatible)[] layers) => Encoding.UTF8.GetBytes(new JsonObject
    {
        ["schemaVersion"] = 1,
        ["name"] = "a/b",
        ["tag"] = "1",
        ["architecture"] = "arm",
        ["fsLayers"] = new JsonArray([.. layers.Select(layer => new JsonObject { ["blobSum"] = layer.Blob })]),
        ["history"] = new JsonArray([.. layers.Select(layer => new JsonObject { ["v1Compatibility"] = layer.Compatible })]),
    }.ToJsonString() is { } text ? text[..^1] + "\n}" : "");
}
