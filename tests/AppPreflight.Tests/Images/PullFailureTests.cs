using NUnit.Framework;

namespace AppPreflight.Images;

internal sealed class PullFailureTests
{
    private const string Digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    [TestCase("error pulling image configuration: image config verification failed for digest " + Digest, PullFailureKind.ConfigAltered, PullBlame.Received, Digest)]
    [TestCase("filesystem layer verification failed for digest " + Digest, PullFailureKind.LayerAltered, PullBlame.Received, Digest)]
    [TestCase("manifest verification failed for digest " + Digest, PullFailureKind.ManifestAltered, PullBlame.Either, Digest)]
    [TestCase("layers from manifest don't match image configuration", PullFailureKind.LayersMismatch, PullBlame.Either, null)]
    [TestCase("failed to register layer: rename /d/image/overlay2/layerdb/tmp/x /d/y: file exists", PullFailureKind.UnpackFailed, PullBlame.Local, null)]
    [TestCase("failed to register layer: Error processing tar file(exit status 1): unexpected EOF", PullFailureKind.UnpackFailed, PullBlame.Local, null)]
    [TestCase("failed to register layer: Error processing tar file(exit status 1): write /x: no space left on device", PullFailureKind.NoRoom, PullBlame.Local, null)]
    [TestCase("could not verify layer data for: " + Digest + ". This may be because internal files in the layer store were modified.", PullFailureKind.StoredLayerAltered, PullBlame.Local, Digest)]
    [TestCase("file integrity checksum failed for \"etc/passwd\"", PullFailureKind.StoredFileAltered, PullBlame.Local, "etc/passwd")]
    [TestCase("unexpected EOF", PullFailureKind.ConnectionCut, PullBlame.Registry, null)]
    [TestCase("Get \"https://r.test/v2/\": EOF", PullFailureKind.ConnectionCut, PullBlame.Registry, null)]
    [TestCase("read tcp 10.0.0.1:4->10.0.0.2:443: read: connection reset by peer", PullFailureKind.ConnectionCut, PullBlame.Registry, null)]
    [TestCase("Get \"http://127.0.0.1:1/v2/\": dial tcp 127.0.0.1:1: connect: connection refused", PullFailureKind.Unreachable, PullBlame.Registry, null)]
    [TestCase("Get \"https://r.test/v2/\": net/http: TLS handshake timeout", PullFailureKind.Unreachable, PullBlame.Registry, null)]
    [TestCase("received unexpected HTTP status: 503 Service Unavailable", PullFailureKind.Unreachable, PullBlame.Registry, null)]
    [TestCase("Get \"https://r.test/v2/\": x509: certificate signed by unknown authority", PullFailureKind.CertificateRefused, PullBlame.Registry, null)]
    [TestCase("Get \"https://r.test/v2/\": http: server gave HTTP response to HTTPS client", PullFailureKind.CertificateRefused, PullBlame.Registry, null)]
    [TestCase("pull access denied for r.test/demo, repository does not exist or may require 'docker login': denied: requested access to the resource is denied", PullFailureKind.Denied, PullBlame.Registry, null)]
    [TestCase("Head \"https://r.test/v2/a/manifests/1\": no basic auth credentials", PullFailureKind.Denied, PullBlame.Registry, null)]
    [TestCase("toomanyrequests: You have reached your pull rate limit.", PullFailureKind.Throttled, PullBlame.Registry, null)]
    [TestCase("manifest for r.test/a:9 not found: manifest unknown: manifest unknown", PullFailureKind.Missing, PullBlame.Registry, null)]
    [TestCase("no matching manifest for linux/amd64 in the manifest list entries", PullFailureKind.PlatformAbsent, PullBlame.Registry, null)]
    [TestCase("unsupported media type application/vnd.oci.image.layer.v1.tar+zstd", PullFailureKind.FormatUnsupported, PullBlame.Registry, null)]
    [TestCase("failed commit on ref \"layer-" + Digest + "\": unexpected commit digest sha256:00, expected " + Digest + ": failed precondition", PullFailureKind.LayerAltered, PullBlame.Received, Digest)]
    [TestCase("failed commit on ref \"config-" + Digest + "\": unexpected commit size 1, expected 2: failed precondition", PullFailureKind.ConfigAltered, PullBlame.Received, Digest)]
    [TestCase("it just did not work", PullFailureKind.Unknown, PullBlame.Unknown, null)]
    [TestCase("", PullFailureKind.Unknown, PullBlame.Unknown, null)]
    public void Says_what_the_engines_wording_proves(string sentence, PullFailureKind kind, PullBlame blame, string? subject)
    {
        var failure = PullFailure.Classify(sentence);
        Assert.That((failure.Kind, failure.Blame, failure.Subject), Is.EqualTo((kind, blame, subject)));
    }

    [Test]
    public void Has_a_meaning_of_its_own_for_every_kind() =>
        Assert.That(PullFailure.Classify("unexpected EOF").Meaning, Is.Not.EqualTo(PullFailure.Classify("x509: unknown").Meaning));
}
