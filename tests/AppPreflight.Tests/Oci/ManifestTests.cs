using System.Text;
using NUnit.Framework;

namespace AppPreflight.Oci;

public sealed class ManifestTests
{
    private const string A = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    private const string B = "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

    [TestCase(MediaType.DockerManifest)]
    [TestCase(MediaType.OciManifest)]
    public void Reads_config_and_layers_base_first(string mediaType)
    {
        var manifest = ImageManifest.Parse(Document(mediaType, $$"""
            {"schemaVersion":2,"mediaType":"{{mediaType}}","config":{"mediaType":"c","digest":"{{A}}","size":7},
             "layers":[{"mediaType":"l","digest":"{{A}}","size":1},{"mediaType":"l","digest":"{{B}}","size":2}]}
            """));
        Assert.That(manifest.Config, Is.EqualTo(new Descriptor("c", Digest.Parse(A), 7)));
        Assert.That(manifest.Layers.Select(layer => (layer.Digest.ToString(), layer.SizeBytes)), Is.EqualTo(new[] { (A, 1L), (B, 2L) }));
    }

    [TestCase("[]")]
    [TestCase("{")]
    [TestCase("<html>")]
    [TestCase("")]
    [TestCase("{}")]
    [TestCase("""{"config":[]}""")]
    [TestCase("""{"config":{"digest":"sha256:x","size":1}}""")]
    [TestCase("""{"config":{"digest":"$A","size":-1}}""")]
    [TestCase("""{"config":{"digest":"$A","size":1e99}}""")]
    [TestCase("""{"config":{"digest":"$A","size":1},"layers":{}}""")]
    [TestCase("""{"config":{"digest":"$A","size":1},"layers":[1]}""")]
    [TestCase("""{"config":{"digest":"$A","size":1},"config":{"digest":"$B","size":1}}""")]
    [TestCase("""{"config":{"digest":"\ud800","size":1}}""")]
    public void Rejects_what_is_not_a_manifest(string text) =>
        Assert.That(() => ImageManifest.Parse(Document(MediaType.OciManifest, text.Replace("$A", A).Replace("$B", B))), Throws.TypeOf<FormatException>());

    [Test]
    public void Rejects_too_many_layers_too_many_bytes_and_too_much_depth()
    {
        var layer = $$"""{"mediaType":"l","digest":"{{A}}","size":1}""";
        var many = $$"""{"config":{"digest":"{{A}}","size":1},"layers":[{{string.Join(',', Enumerable.Repeat(layer, 10_000))}}]}""";
        Assert.That(() => ImageManifest.Parse(Document(MediaType.OciManifest, many)), Throws.TypeOf<FormatException>());
        var large = new Served(new byte[ImageManifest.MaxBytes + 1], MediaType.OciManifest, Digest.Of([]));
        Assert.That(() => ImageManifest.Parse(large), Throws.TypeOf<FormatException>());
        var deep = "{\"config\":" + string.Concat(Enumerable.Repeat("{\"a\":", 100_000)) + "1" + new string('}', 100_001);
        Assert.That(() => ImageManifest.Parse(Document(MediaType.OciManifest, deep)), Throws.TypeOf<FormatException>());
    }

    [TestCase("""{"manifests":[]}""", "", ExpectedResult = MediaType.OciIndex)]
    [TestCase("""{"mediaType":"application/vnd.docker.distribution.manifest.list.v2+json","manifests":[]}""", "text/html", ExpectedResult = MediaType.DockerManifestList)]
    [TestCase("""{"config":{},"layers":[]}""", MediaType.DockerManifest, ExpectedResult = MediaType.DockerManifest)]
    [TestCase("""{"config":{},"layers":[]}""", "text/plain", ExpectedResult = MediaType.OciManifest)]
    [TestCase("""{"schemaVersion":1,"fsLayers":[],"history":[]}""", MediaType.OciManifest, ExpectedResult = MediaType.DockerSchema1)]
    [TestCase("""{"x":1}""", "application/vnd.wasm.config.v1+json", ExpectedResult = "application/vnd.wasm.config.v1+json")]
    public string Says_what_a_document_is_by_its_own_words(string text, string header) => ImageManifest.KindOf(Document(header, text));

    [Test]
    public void Rejects_a_document_of_two_kinds() =>
        Assert.That(() => ImageManifest.KindOf(Document("", """{"manifests":[],"layers":[]}""")), Throws.TypeOf<FormatException>());

    [Test]
    public void Selects_the_host_s_platform_and_never_an_attestation()
    {
        var index = ImageIndex.Parse(Document(MediaType.OciIndex, $$$"""
            {"manifests":[
              {"mediaType":"m","digest":"{{{A}}}","size":1,"platform":{"os":"unknown","architecture":"unknown"},"annotations":{"vnd.docker.reference.type":"attestation-manifest"}},
              {"mediaType":"m","digest":"{{{A}}}","size":2,"platform":{"os":"linux","architecture":"arm64","variant":"v8"}},
              {"mediaType":"m","digest":"{{{B}}}","size":3,"platform":{"os":"linux","architecture":"amd64"}},
              {"mediaType":"m","digest":"{{{A}}}","size":4,"platform":{"os":"linux","architecture":"arm","variant":"v6"}}]}
            """));
        Assert.That(index.Select(new("linux", "x86_64"))?.SizeBytes, Is.EqualTo(3));
        Assert.That(index.Select(new("linux", "aarch64"))?.SizeBytes, Is.EqualTo(2));
        Assert.That(index.Select(new("linux", "arm", "v7"))?.SizeBytes, Is.EqualTo(4));
        Assert.That(index.Select(new("linux", "s390x")), Is.Null);
        Assert.That(index.Platforms.Select(platform => platform.ToString()), Is.EqualTo(new[] { "linux/arm64/v8", "linux/amd64", "linux/arm/v6" }));
    }

    [Test]
    public void Reads_platform_and_diff_ids_of_a_config()
    {
        var config = ImageConfig.Parse(Encoding.UTF8.GetBytes($$$"""{"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":["{{{A}}}","{{{B}}}"]}}"""));
        Assert.That(config.Platform, Is.EqualTo(new Platform("linux", "amd64")));
        Assert.That(config.DiffIds.Select(id => id.ToString()), Is.EqualTo(new[] { A, B }));
    }

    [TestCase("""{"os":"linux"}""")]
    [TestCase("""{"rootfs":{"type":"snapshots","diff_ids":[]}}""")]
    [TestCase("""{"rootfs":{"diff_ids":["sha256:1"]}}""")]
    [TestCase("""{"rootfs":{"diff_ids":[1]}}""")]
    [TestCase("""{"os":1,"rootfs":{"diff_ids":[]}}""")]
    public void Rejects_what_is_not_a_config(string text) =>
        Assert.That(() => ImageConfig.Parse(Encoding.UTF8.GetBytes(text)), Throws.TypeOf<FormatException>());

    private static Served Document(string mediaType, string text) => Served.Of(Encoding.UTF8.GetBytes(text), mediaType);
}
