using System.Text;
using AppPreflight.Archive;
using AppPreflight.Docker;
using AppPreflight.Oci;
using AppPreflight.Registry;

namespace AppPreflight.Fuzz;

/// <summary>Names, manifests and what registries answer.</summary>
internal static class OciTargets
{
    private const string Json = "{ } [ ] \" : , null true false -1 1e400 \\ud800 \\u0000 {}";
    private const string Manifest = Json + " \"mediaType\" \"digest\" \"size\" \"layers\" \"config\" \"manifests\" \"platform\" \"os\" \"architecture\" \"variant\" \"annotations\" \"rootfs\" \"diff_ids\" \"fsLayers\" sha256: sha512: vnd.docker.reference.type attestation-manifest \"urls\"";
    private static readonly Uri Asked = new("https://registry.example.org/v2/");

    public static IEnumerable<FuzzTarget> All =>
    [
        new("reference", Reference) { Words = "/ : @ . .. - _ __ :5000 @sha256: library/ docker.io/ localhost/ index.docker.io/ [::1] latest A a.b/ %2e %2f ? # ://" },
        new("manifest", ManifestOf) { Words = Manifest },
        new("index", Index) { Words = Manifest },
        new("image-config", Config) { Words = Manifest },
        new("config-details", Details) { Words = Manifest + " \"config\":{ \"Env\":[\"A=b\"] \"Volumes\":{\"/a\":{}} \"history\":[ \"created_by\":\"a\" \"empty_layer\":true \"comment\":\"a\" \"Labels\":{" },
        new("schema1", Schema1) { Words = Manifest + " \"history\" \"v1Compatibility\":\"{\\\"id\\\":\\\"a\\\"}\" \"blobSum\" \"signatures\":[ \"protected\":\"eyJmb3JtYXRMZW5ndGgiOjEsImZvcm1hdFRhaWwiOiJDbjAifQ\" \\\"throwaway\\\":true ,\"signatures\":[]" },
        new("challenge", ChallengeOf) { Words = "Bearer Basic Negotiate realm= service= scope= \" \\ \\\" , = ,, ;q=1 https://a.b/c http://10.0.0.1/ user@ .. auth.docker.io", Allowed = [] },
        new("proxy", Proxy) { Words = "http:// https:// socks5:// [::1] xxxxx:xxxxx@ : @ .a *. * 10.0.0.0/8 ::/0 /33 %41 xn-- ü \\ // localhost 127.0.0.1", Allowed = [] },
        new("docker-host", Host) { Words = "unix:// tcp:// http:// https:// fd:// / :2375 [::1] @ ? # %41 \u00fc \\ // .." },
        new("gzip", Gzip) { Words = "a", Allowed = [typeof(InvalidDataException)] },
    ];

    private static void Reference(byte[] input)
    {
        var text = Encoding.UTF8.GetString(input);
        var parsed = ImageReference.TryParse(text);
        var path = EngineName.PathOf(text);
        Hold.True(!path.Split('/').Any(part => part is "" or "." or "..") && path.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-' or '/' or '%'), $"the path {path} leads elsewhere");
        var reference = ImageReference.Parse(text);
        Hold.Equal(parsed, reference, "TryParse against Parse");
        Hold.Equal(ImageReference.Parse(reference.ToString()), reference, $"'{reference}' read again");
        Hold.Equal(ImageReference.Parse(EngineName.Of(reference)).Repository, reference.Repository, "what the engine is asked for");
        if (reference.Digest is { } digest) Hold.True(text.EndsWith("@" + digest, StringComparison.Ordinal), "the digest prints as it was");
    }

    private static void ManifestOf(byte[] input)
    {
        var served = Served.Of(input, "");
        var kind = ImageManifest.KindOf(served);
        var manifest = ImageManifest.Parse(served);
        Hold.True(MediaType.IsManifest(kind) || kind == MediaType.DockerSchema1, $"what parses as a manifest is of kind {kind}");
        foreach (var part in manifest.Layers.Append(manifest.Config)) Hold.Equal(Digest.Parse(part.Digest.ToString()), part.Digest, "a digest read again");
        Hold.True(manifest.Layers.All(layer => layer.SizeBytes >= 0) && manifest.Layers.Count <= ImageManifest.MaxLayers, "sizes and counts are bounded");
    }

    private static void Index(byte[] input)
    {
        var index = ImageIndex.Parse(Served.Of(input, ""));
        foreach (var platform in index.Platforms) Hold.Equal(platform.Normalised.Normalised, platform.Normalised, "normalising twice");
        if (index.Select(new("linux", "amd64")) is { } chosen) Hold.True(!chosen.IsAttestation && index.Manifests.Contains(chosen), "an image of the index is chosen");
        index.Select(new("linux", "arm", "v7"));
    }

    private static void Config(byte[] input)
    {
        var config = ImageConfig.Parse(input);
        Hold.Equal(ChainId.AllOf(config.DiffIds).Count, config.DiffIds.Count, "chains of layers");
    }

    private static void Details(byte[] input)
    {
        var details = ConfigDetails.Parse(input);
        Hold.Equal(details.DiffIds.Count, ImageConfig.Parse(input).DiffIds.Count, "the same layers as for an upgrade");
        Hold.True(details.Fields.All(field => field.Key.Length <= 1024), "no name without end");
        Hold.True(!details.Fields.ContainsKey("rootfs.type") && !details.Fields.ContainsKey("created"), "what is told elsewhere is no field");
        Hold.True(!details.Fields.TryGetValue("comment", out var comment) || !details.IsLastComment(comment), "the newest step's comment is the step's");
    }

    private static void Schema1(byte[] input)
    {
        var served = Served.Of(input, "");
        var manifest = Schema1Manifest.Parse(served);
        Hold.True(manifest.Layers.Count is > 0 and <= ImageManifest.MaxLayers && manifest.Config.History.Count == manifest.Layers.Count, "as many steps as layers");
        Hold.True(manifest.IsSigned || manifest.PayloadDigest == served.Digest, "unsigned it goes by all its bytes");
        Hold.True(Schema1Manifest.PayloadDigestOf(input, served.Digest) is not { } digest || digest == manifest.PayloadDigest, "one digest for one document");
    }

    private static void ChallengeOf(byte[] input)
    {
        var header = Encoding.Latin1.GetString(input);
        foreach (var found in Challenge.Parse(header))
        {
            if (RealmPolicy.Judge(Asked, found.Realm) != RealmTrust.Refused) Hold.Equal(TokenDesk.Address(found, "a/b").IdnHost, new Uri(found.Realm!).IdnHost, "the token is asked for at the realm");
            var written = $"{found.Scheme} {string.Join(", ", found.Parameters.Select(one => $"{one.Key}=\"{one.Value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\""))}";
            if (written.Length > 16 << 10) continue;
            var again = Challenge.Parse(written);
            Hold.True(again.Count == 1 && again[0].Scheme == found.Scheme && again[0].Parameters.Count == found.Parameters.Count && again[0].Parameters.All(one => found.Parameters[one.Key] == one.Value), $"{written} read again");
        }

        Challenge.Best([header, header]);
    }

    private static void Proxy(byte[] input)
    {
        var lines = Encoding.UTF8.GetString(input).Split('\n', 4);
        var proxy = new EngineProxy(new() { HttpProxy = lines[0], HttpsProxy = lines.ElementAtOrDefault(1), NoProxy = lines.ElementAtOrDefault(2) });
        if (!Uri.TryCreate(lines.ElementAtOrDefault(3), UriKind.Absolute, out var destination) || destination.Scheme is not ("http" or "https") || !Exchange.HasHost(destination)) destination = Asked;
        Hold.True(Exchange.IsSameOrigin(destination, destination), "the same origin as itself");
        var taken = proxy.GetProxy(destination);
        Hold.Equal(proxy.IsBypassed(destination), taken is null, "by-passed against taken");
        Hold.True(taken is null || taken.UserInfo.Length == 0, "no password in the address");
        foreach (var text in lines)
        {
            InsecureRule.HostOf(text);
            InsecureRule.IsLoopback(text);
        }
    }

    private static void Host(byte[] input)
    {
        var text = Encoding.UTF8.GetString(input);
        var host = DockerHost.Parse(text);
        Hold.Equal(host.ToString(), text, "an address prints as it was");
        Hold.True(host.Address.Scheme == "http" && host.Address.UserInfo.Length == 0, "plain http, and nobody's name");
    }

    // in whatever pieces it comes, it ends at the same byte or is refused
    private static void Gzip(byte[] input)
    {
        var (whole, pieces) = (new GzipHeader(), new GzipHeader());
        InvalidDataException? fault = null;
        var taken = 0;
        try
        {
            taken = whole.Read(input);
        }
        catch (InvalidDataException e)
        {
            fault = e;
        }

        var (sum, isRefused) = (0, false);
        try
        {
            for (var at = 0; at < input.Length && !pieces.IsComplete; at++) sum += pieces.Read(input.AsSpan(at, 1));
        }
        catch (InvalidDataException)
        {
            isRefused = true;
        }

        Hold.Equal(isRefused, fault is not null, "refused in pieces against whole");
        if (fault is not null) throw fault;
        Hold.Equal((sum, pieces.IsComplete), (taken, whole.IsComplete), "taken in pieces against whole");
    }
}
