using System.Text.Json;
using AppPreflight.Checks;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Remedies;
using AppPreflight.Upgrades;

namespace AppPreflight.Runs;

/// <summary>One report back from its JSON: what must be there is demanded, what an older report lacks is empty.</summary>
internal static class ReportReader
{
    /// <exception cref="FormatException">A field is missing or of another kind.</exception>
    public static PreflightReport Read(JsonElement root)
    {
        if (root.Text("schema") != PreflightReport.SchemaName) throw new FormatException($"it is not of schema {PreflightReport.SchemaName}");
        return new()
        {
            Run = root.Needed("run"),
            App = root.Needed("app"),
            Verb = WireNames.Find<RunVerb>(root.Text("verb")),
            Engine = root.Find("engine") is { } engine ? new(engine.Needed("version"), engine.Needed("driver"), engine.Needed("platform")) : null,
            Installed = root.Text("installed"),
            Target = root.Text("target"),
            Depth = root.Code<Depth>("depth"),
            Verdict = root.Code<Verdict>("verdict"),
            Started = root.Time("started"),
            Finished = root.Time("finished"),
            Since = root.Find("since") is null ? null : root.Time("since"),
            Chain = root.Objects("chain", Step),
            Images = root.Objects("images", Image),
            Findings = root.Objects("findings", Finding),
            Cured = root.Objects("cured", Finding),
            Actions = root.Objects("actions", Action),
            Reach = root.Objects("reach", Reach),
            Bytes = root.Find("bytes") is { } bytes ? Counts(bytes) : new(0, 0, 0, 0, 0),
            Notes = root.Texts("notes"),
        };
    }

    private static ReportedStep Step(JsonElement step) => new(
        step.Needed("version"), step.Needed("component"), step.Needed("ucs"), step.Code<StepMode>("mode"),
        step.Find("pulls") is { ValueKind: JsonValueKind.True }, step.Find("images") is null ? null : step.Texts("images"))
    { RequiredVersion = step.Text("requiredVersion") };

    private static ReportedImage Image(JsonElement image) => new(
        image.Needed("reference"), image.Texts("steps"),
        image.Find("served") is { } served
            ? new(served.Needed("manifest"), served.Needed("config"), served.Needed("platform"), served.Objects("layers", Layer))
            : null,
        image.Find("stored") is { } stored
            ? new(stored.Needed("id"), stored.Texts("repoDigests"), stored.Texts("inUseBy"))
            {
                Proof = stored.Find("proof") is { } proof ? Proof(stored.Code<StoredDepth>("depth"), proof) : null,
            }
            : null);

    private static ReportedProof Proof(StoredDepth depth, JsonElement proof) => new(
        depth, proof.Code<ProofWay>("way"), proof.Texts("unseen"), proof.Objects("layers", layer => new ReportedStoredLayer(
            layer.Needed("diffId"), layer.Needed("chainId"), layer.Number("sizeBytes"), layer.Find("sound")?.ValueKind switch
            {
                JsonValueKind.True => true,
                JsonValueKind.False => false,
                _ => null,
            })));

    private static ReportedLayer Layer(JsonElement layer) => new(layer.Needed("digest"), layer.Needed("diffId"), layer.Number("sizeBytes"));

    /// <exception cref="FormatException">A field is missing or of another kind.</exception>
    public static Finding Finding(JsonElement finding) => new(
        finding.Code<FindingCode>("code"), finding.Code<Verdict>("verdict"), finding.Needed("subject"), finding.Code<Source>("source"), finding.Needed("message"))
    {
        Expected = finding.Text("expected"),
        Observed = finding.Text("observed"),
        Remedy = finding.Text("remedy"),
        Look = finding.Code<Look>("look"),
        Grade = finding.Text("grade") is { } grade ? WireNames.FindGrade(grade) ?? throw Unknown("grade", grade) : null,
        Cause = finding.Find("cause") is { } cause ? CauseJson.Read(cause) : null,
        Files = finding.Objects("files", File) is { Count: > 0 } files ? (IReadOnlyList<LayerDamage>)files : [],
    };

    private static LayerDamage File(JsonElement file) =>
        new(file.Code<DamageKind>("kind"), file.Needed("path"), file.Text("expected"), file.Text("observed"));

    private static ReportedAction Action(JsonElement action) => new(
        action.Code<RemedyKind>("kind"), action.Needed("subject"),
        [.. action.Texts("cures").Select(text => WireNames.Find<FindingCode>(text) ?? throw Unknown("cures", text))],
        action.Code<ActionOutcome>("outcome"))
    { Message = action.Text("message"), Commands = action.Texts("commands") };

    private static ReportedReach Reach(JsonElement reach) => new(
        reach.Needed("chainId"), reach.Needed("diffId"), reach.Texts("images"),
        reach.Objects("containers", container => new ReportedContainer(container.Needed("name"), container.Find("running") is { ValueKind: JsonValueKind.True })),
        reach.Texts("remove"));

    private static ByteCounts Counts(JsonElement bytes)
    {
        return new(bytes.Number("toPull"), bytes.Number("pulled"), bytes.Number("hashed"), bytes.Number("diskNeeded"), bytes.Number("diskFree"))
        {
            Unpacked = Later("unpacked"),
            InodesNeeded = Later("inodesNeeded"),
            InodesFree = Later("inodesFree"),
            IsEstimate = bytes.Find("estimated") is { ValueKind: JsonValueKind.True },
            BytesPerSecond = Later("bytesPerSecond"),
        };

        // not in older reports
        long Later(string key) => bytes.Find(key) is null ? 0 : bytes.Number(key);
    }

    public static string Needed(this JsonElement parent, string key) =>
        parent.Text(key) ?? throw new FormatException($"it has no \"{key}\"");

    public static T Code<T>(this JsonElement parent, string key) where T : struct, Enum =>
        WireNames.Find<T>(parent.Needed(key)) ?? throw Unknown(key, parent.Needed(key));

    public static DateTimeOffset Time(this JsonElement parent, string key) =>
        parent.Find(key) is { ValueKind: JsonValueKind.String } value && value.TryGetDateTimeOffset(out var time)
            ? time
            : throw new FormatException($"\"{key}\" is not a time");

    public static List<string> Texts(this JsonElement parent, string key) =>
        parent.All(key, JsonValueKind.String, "a text", static item => item.GetString()!);

    public static List<T> Objects<T>(this JsonElement parent, string key, Func<JsonElement, T> read) where T : class =>
        parent.All(key, JsonValueKind.Object, "an object", read);

    // a plain loop: a list of elements would be one more kind of generic to compile at run time
    private static List<T> All<T>(this JsonElement parent, string key, JsonValueKind kind, string kindName, Func<JsonElement, T> read) where T : class
    {
        var all = new List<T>();
        if (parent.Find(key) is not { } list) return all;
        if (list.ValueKind != JsonValueKind.Array) throw new FormatException($"\"{key}\" is not a list");
        foreach (var item in list.EnumerateArray())
            all.Add(item.ValueKind == kind ? read(item) : throw new FormatException($"\"{key}\" holds what is not {kindName}"));
        return all;
    }

    private static FormatException Unknown(string key, string text) => new($"\"{key}\" can't be '{Quote.Short(text)}'");
}
