using System.Text.Json.Nodes;

namespace AppPreflight.Rehearsal;

/// <summary>
/// The catalogue of lies: what a registry, or something that answers in its place, may say of 2.0.0. 1.10.3 was pulled while it
/// still told the truth, and 3.1.1 is sound except where everything is refused.
/// </summary>
internal static class LyingDamages
{
    private const string Absent = "image-absent";

    private static readonly Damage[] Layers =
    [
        OtherSize(OfLayer("layer-empty", "a layer has no bytes at all", "blob-replaced-in-transit", "transport", Lies.Empty)),
        OfLayer("layer-doubled", "a layer comes twice in a row", "layer-altered", "registry", Lies.Doubled),
        OfLayer("layer-truncated", "a layer lacks its end, and its announced length says so", "layer-altered", "cut", Lies.Truncated),
        OfLayer("layer-cut", "the connection is closed at the same byte of a layer each time", "registry-unreachable", "cut", Lies.Cut),
        OfLayer("layer-announced-shorter", "the announced length of a layer is less than what is sent", "layer-altered", "cut", Lies.AnnouncedShorter),
        OfLayer("layer-bit-flipped", "one bit of a layer is turned", "layer-altered", "registry", Lies.BitFlipped),
        OfLayer("layer-page-zeroed", "a page of a layer is zeros", "layer-altered", "registry", Lies.PageZeroed),
        OtherSize(OfLayer("layer-gunzipped", "a layer comes unpacked", "blob-replaced-in-transit", "transport", Lies.Gunzipped)),
        OfLayer("layer-gzipped-twice", "a layer comes packed once more", "blob-replaced-in-transit", "transport", Lies.GzippedTwice),
        OfLayer("layer-encoding-added", "a layer comes with a content encoding of gzip", "blob-replaced-in-transit", "transport", Lies.Encoded),
        OfLayer("layer-html", "a gateway's block page comes in place of a layer", "blob-replaced-in-transit", "transport", Lies.Html),
        OtherSize(OfLayer("layer-xml", "an error page of object storage comes in place of a layer", "blob-replaced-in-transit", "transport", Lies.Xml)),
        OtherSize(OfLayer("layer-json", "an error document comes in place of a layer, with status 200", "blob-replaced-in-transit", "transport", Lies.Json)),
        OfLayer("layer-unstable", "a layer comes with other bytes each time", "blob-unstable", "unstable", Lies.Unstable),
        OfLayer("layer-endless", "a layer does not end", "layer-altered", "registry", Lies.Endless),
        OfLayer("layer-missing", "the registry does not have a layer", "layer-absent", "registry", _ => Lies.Refused(404, "BLOB_UNKNOWN")),
        OfLayer("layer-redirect-loop", "a layer is redirected to itself", "layer-altered", "registry", (request, _) => Lies.Redirected(request.Path)),
        OfLayer("layer-redirect-file", "a layer is redirected to a file", "layer-altered", "registry", _ => Lies.Redirected("file:///etc/shadow")),
        OfLayer("layer-redirect-ftp", "a layer is redirected to another protocol", "layer-altered", "registry", _ => Lies.Redirected("ftp://127.0.0.1/layer")),
        OfLayer("layer-html-once", "the first answer for a layer is a gateway's block page, later ones are right", "blob-unstable", "unstable", Lies.Html) with
        {
            ApplyAsync = (appliance, _) => Tell(appliance, Once(request => request.Names(OwnLayer(appliance)) && request.Method == "GET", (_, honest) => Lies.Html(honest))),
            After = [],
        },
        OfLayer("layer-lies-to-engine", "a layer is right for everybody but the engine, which gets one turned bit", Absent, "engine", Lies.BitFlipped) with
        {
            ApplyAsync = (appliance, _) => Tell(appliance, new Lie(request => request.IsFromEngine && request.Names(OwnLayer(appliance)), (_, honest) => Lies.BitFlipped(honest))),
            Before = [Absent, Absent],
            Repaired = [Absent, "pull-refused"],
            After = [Absent],
        },
    ];

    private static readonly Damage[] Harmless =
    [
        Benign(OfLayer("layer-type-wrong", "a layer is right and called a page of text", "", null, honest => Lies.Typed(honest, "text/html"))),
        Benign(OfLayer("layer-drips", "a layer is right and slow", "", null, Lies.Dripping)),
        Benign(OfLayer("layer-redirected", "a layer is redirected to another host, which has it", "", null, Lies.Empty)) with
        {
            ApplyAsync = (appliance, _) => Tell(appliance, OwnLayerLie(appliance, (request, _) => Lies.Redirected($"http://{appliance.Stage.Registry.Authority}{request.Path}"))),
        },
    ];

    private static readonly Damage[] Configs =
    [
        OfConfig("config-empty", "the configuration has no bytes at all", "blob-replaced-in-transit", "transport", Lies.Empty),
        OfConfig("config-truncated", "the configuration lacks its end", "config-altered", "cut", Lies.Truncated),
        OfConfig("config-bit-flipped", "one bit of the configuration is turned", "config-altered", "registry", Lies.BitFlipped),
        OfConfig("config-html", "a gateway's block page comes in place of the configuration", "blob-replaced-in-transit", "transport", Lies.Html),
        OfConfig("config-encoding-added", "the configuration comes with a content encoding of gzip", "blob-replaced-in-transit", "transport", Lies.Encoded),
        OfConfig("config-unstable", "the configuration comes with other bytes each time", "blob-unstable", "unstable", Lies.Unstable),
        OfConfig("config-missing", "the registry does not have the configuration", "config-altered", "registry", _ => Lies.Refused(404, "BLOB_UNKNOWN")),
    ];

    private static readonly Damage[] Manifests =
    [
        OfManifest("manifest-missing", "the registry does not have the tag", "manifest-absent", "publisher", _ => Lies.Refused(404, "MANIFEST_UNKNOWN")),
        OfManifest("manifest-html", "a gateway's block page comes in place of the manifest", "blob-replaced-in-transit", "transport", Lies.Html),
        OfManifest("manifest-huge", "the manifest has 100 MB", "manifest-altered", "publisher", Lies.Huge),
        OfManifest("manifest-misnamed", "the registry announces a digest that the manifest does not have", "manifest-altered", null, Lies.Misnamed)
            with { After = ["manifest-altered"], ExitAfter = 0 },
        Published("config-deep", "the configuration is a hundred thousand lists deep, as its digest says", "config-altered", "publisher",
            image => Lies.Edited(image, manifest => Rename(manifest["config"]!, Lies.Deep())), Lies.Deep()),
        Published("manifest-of-many-layers", "the manifest names ten thousand layers", "manifest-altered", "publisher", image => Lies.Edited(image, Multiply)),
        Published("manifest-deep", "the manifest is a hundred thousand lists deep", "manifest-altered", "publisher", image => new(Lies.Deep(), image.Manifest.MediaType)),
        Published("manifest-digest-in-capitals", "the manifest writes its layers' digests in capitals", "manifest-altered", "publisher", image => Lies.Edited(image, ShoutDigits)),
        Published("manifest-algorithm-in-capitals", "the manifest writes SHA256 in place of sha256", "manifest-altered", "publisher", image => Lies.Edited(image, ShoutAlgorithm)),
        Published("manifest-size-wrong", "the manifest promises another size of a layer", "size-differs", "publisher", image => Lies.Edited(image, manifest => Own(manifest)["size"] = 4711 + (int)Own(manifest)["size"]!)),
        Published("manifest-schema-one", "2.0.0 is served in a form of before 2015", "media-type-unsupported", "publisher", Lies.SchemaOne),
    ];

    private static readonly Damage[] Everything =
    [
        OfAll("registry-denies", "the registry lets nobody in", "registry-denied", _ => Lies.Refused(401, "UNAUTHORIZED").With("WWW-Authenticate", "Basic realm=\"rehearsal\"")),
        OfAll("registry-forbids", "the registry forbids everything", "registry-denied", _ => Lies.Refused(403, "DENIED")),
        OfAll("registry-throttles", "the registry has had enough for an hour", "registry-throttled", _ => Lies.Refused(429, "TOOMANYREQUESTS").With("Retry-After", "3600")),
        OfAll("registry-fails", "the registry fails at everything", "registry-unreachable", _ => Lies.Refused(500, "UNKNOWN")),
        OfAll("registry-unavailable", "a gateway finds no registry behind it", "registry-unreachable", _ => Lies.Html(new(503, [])) with { Status = 503 }),
        OfAll("realm-elsewhere", "the registry asks for a token from another address, which collects logins", "registry-denied", honest => honest) with
        {
            ApplyAsync = (appliance, _) => AskForLogin(appliance),
            Promise = appliance => appliance.Thief!.Requests.FirstOrDefault(IsLogin) is { } login ? $"a login was sent elsewhere: {login.Path}" : null,
        },
    ];

    public static IReadOnlyList<Damage> All { get; } = [.. Layers, .. Harmless, .. Configs, .. Manifests, .. Everything];

    private static Damage OfLayer(string name, string what, string code, string? culprit, Func<LiarAnswer, LiarAnswer> bend) =>
        OfLayer(name, what, code, culprit, (_, honest) => bend(honest));

    private static Damage OfLayer(string name, string what, string code, string? culprit, Func<LiarRequest, LiarAnswer, LiarAnswer> bend) =>
        OfIntermediate(name, what, code, culprit, appliance => OwnLayerLie(appliance, bend));

    private static Damage OfConfig(string name, string what, string code, string? culprit, Func<LiarAnswer, LiarAnswer> bend) =>
        OfIntermediate(name, what, code, culprit, appliance => new(request => request.Names(appliance.Images.Intermediate.ConfigDigest), (_, honest) => bend(honest)));

    private static Damage OfManifest(string name, string what, string code, string? culprit, Func<LiarAnswer, LiarAnswer> bend) =>
        OfIntermediate(name, what, code, culprit, appliance => new(
            request => request.Names("2.0.0") || request.Names(appliance.Images.Intermediate.Manifest.Digest), (_, honest) => bend(honest)));

    /// <summary>Another manifest under the tag, and blobs that it names: all with the digests they have.</summary>
    private static Damage Published(string name, string what, string code, string? culprit, Func<BuiltImage, BuiltManifest> make, params byte[][] blobs) =>
        OfIntermediate(name, what, code, culprit, appliance =>
        {
            var manifest = make(appliance.Images.Intermediate);
            var answers = new Dictionary<string, LiarAnswer>(StringComparer.Ordinal) { [manifest.Digest] = Answer(manifest.Bytes, manifest.MediaType, manifest.Digest) };
            foreach (var blob in blobs) answers[LayerBuilder.Sha256(blob)] = Answer(blob, "application/octet-stream", LayerBuilder.Sha256(blob));
            answers["2.0.0"] = answers[manifest.Digest];
            return new(request => answers.ContainsKey(request.Target), (request, _) => answers[request.Target]);
        });

    private static LiarAnswer Answer(byte[] body, string type, string digest) =>
        new LiarAnswer(200, body).With("Content-Type", type).With("Docker-Content-Digest", digest);

    private static Damage OfIntermediate(string name, string what, string code, string? culprit, Func<Appliance, Lie> lie) =>
        new(name, what, "a liar stands before the registry", (appliance, _) => Tell(appliance, lie(appliance)))
        {
            NeedsLiar = true,
            Before = [.. new[] { code, Absent, Absent }.Order(StringComparer.Ordinal)],
            After = [.. new[] { code, Absent }.Order(StringComparer.Ordinal)],
            Culprit = culprit,
        };

    /// <summary>What came could be unpacked, so that its size is a fact of its own.</summary>
    private static Damage OtherSize(Damage damage) => damage with { Before = [.. damage.Before, "size-differs"], After = [.. damage.After, "size-differs"] };

    /// <summary>Nothing of it may be held against the image.</summary>
    private static Damage Benign(Damage damage) => damage with { Before = [Absent, Absent], After = [] };

    private static Damage OfAll(string name, string what, string code, Func<LiarAnswer, LiarAnswer> bend)
    {
        string[] codes = [Absent, Absent, code, code];
        return new(name, what, "a liar stands before the registry", (appliance, _) => Tell(appliance, new Lie(_ => true, (_, honest) => bend(honest))))
        {
            NeedsLiar = true,
            Before = codes,
            After = codes,
        };
    }

    private static Task Tell(Appliance appliance, params Lie[] lies)
    {
        appliance.Liar!.Lies = lies;
        return Task.CompletedTask;
    }

    private static Lie OwnLayerLie(Appliance appliance, Func<LiarRequest, LiarAnswer, LiarAnswer> bend) =>
        new(request => request.Names(OwnLayer(appliance)), bend);

    private static Lie Once(Func<LiarRequest, bool> isFor, Func<LiarRequest, LiarAnswer, LiarAnswer> bend)
    {
        var told = 0;
        return new(isFor, (request, honest) => Interlocked.Exchange(ref told, 1) == 0 ? bend(request, honest) : honest);
    }

    /// <summary>This host has a login for the registry, and the registry wants it taken to somebody else.</summary>
    private static Task AskForLogin(Appliance appliance)
    {
        var thief = appliance.Thief = LyingRegistry.Before(appliance.Stage.Registry.Authority);
        thief.Lies = [new(_ => true, (_, _) => new LiarAnswer(200, """{"token":"of-no-use"}"""u8.ToArray()).With("Content-Type", "application/json"))];
        ApplianceFiles.LogIn(appliance.Root, appliance.Liar!.Authority, "ucs", "a secret of this host");
        return Tell(appliance, new Lie(_ => true, (_, _) => Lies.Refused(401, "UNAUTHORIZED")
            .With("WWW-Authenticate", $"Bearer realm=\"http://{thief.Authority}/token\",service=\"elsewhere\"")));
    }

    private static bool IsLogin(LiarRequest request) => request.Headers.ContainsKey("Authorization") || request.Path.Contains("secret", StringComparison.Ordinal);

    /// <summary>The larger of the layers that belong to 2.0.0 alone.</summary>
    private static string OwnLayer(Appliance appliance) => appliance.Images.Intermediate.Layers[^2].Digest;

    private static JsonNode Own(JsonNode manifest) => manifest["layers"]!.AsArray()[^2]!;

    private static void Rename(JsonNode descriptor, byte[] content)
    {
        descriptor["digest"] = LayerBuilder.Sha256(content);
        descriptor["size"] = content.Length;
    }

    private static void Multiply(JsonNode manifest)
    {
        var layers = manifest["layers"]!.AsArray();
        while (layers.Count < 10_000) layers.Add(layers[0]!.DeepClone());
    }

    private static void ShoutDigits(JsonNode manifest)
    {
        foreach (var layer in manifest["layers"]!.AsArray())
            layer!["digest"] = "sha256:" + layer["digest"]!.GetValue<string>()["sha256:".Length..].ToUpperInvariant();
    }

    private static void ShoutAlgorithm(JsonNode manifest) =>
        Own(manifest)["digest"] = "SHA256:" + Own(manifest)["digest"]!.GetValue<string>()["sha256:".Length..];
}
