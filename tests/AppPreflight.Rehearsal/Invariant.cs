using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace AppPreflight.Rehearsal;

/// <summary>
/// "Never worse than before", as something that can be asked after any interruption: the installed version is complete and its
/// container starts, and no name is gone whose replacement the registry could not give.
/// </summary>
internal sealed class Invariant
{
    private readonly Appliance appliance;
    private readonly RunningContainer running;
    private readonly IReadOnlySet<string> names;

    private Invariant(Appliance appliance, RunningContainer running, IReadOnlySet<string> names) =>
        (this.appliance, this.running, this.names) = (appliance, running, names);

    private Engine Engine => appliance.Stage.Engine;

    /// <summary>Takes down how things stand before anybody acts.</summary>
    public static async Task<Invariant> TakeAsync(Appliance appliance, CancellationToken cancellationToken) =>
        new(appliance, await appliance.LookAtContainerAsync(cancellationToken), await TagsAsync(appliance.Stage.Engine, cancellationToken));

    /// <summary>After an interruption. None: nothing is worse. The container is stopped and started on the way.</summary>
    public async Task<List<string>> FaultsAsync(CancellationToken cancellationToken)
    {
        var isTouched = await appliance.LookAtContainerAsync(cancellationToken) != running;
        List<string> faults = isTouched ? ["the running container was touched"] : [];
        return [.. faults, .. await WorseAsync(cancellationToken)];
    }

    /// <summary>The same of a container that was stopped and started here before.</summary>
    public async Task<List<string>> WorseAsync(CancellationToken cancellationToken)
    {
        var faults = new List<string>();
        if (await ImageProof.FaultAsync(Engine, appliance.InstalledReference, appliance.Images.Installed, cancellationToken) is { } incomplete) faults.Add(incomplete);
        foreach (var name in names.Except(await TagsAsync(Engine, cancellationToken)))
            if (Irreplaceable(name) is { } why) faults.Add($"{name} is gone, and {why}");
        faults.AddRange(await StartFaultsAsync(cancellationToken));
        return faults;
    }

    /// <summary>After a repair that had nothing in its way: all of the chain is here, and so is every name that was.</summary>
    public async Task<List<string>> HealedFaultsAsync(CancellationToken cancellationToken)
    {
        var faults = new List<string>();
        (string Reference, BuiltImage Image)[] wanted =
        [
            (appliance.InstalledReference, appliance.Images.Installed),
            (appliance.IntermediateReference, appliance.IntermediateServed),
            (appliance.TargetReference, appliance.Images.Target),
        ];
        foreach (var (reference, image) in wanted)
            if (await ImageProof.FaultAsync(Engine, reference, image, cancellationToken) is { } fault) faults.Add(fault);
        faults.AddRange(names.Except(await TagsAsync(Engine, cancellationToken)).Select(name => $"the name {name} was lost"));
        if (!(await appliance.LookAtContainerAsync(cancellationToken)).Running) faults.Add("the container does not run");
        faults.AddRange(OpenIntents(appliance.State).Select(intent => $"still open in the journal: {intent}"));
        return faults;
    }

    /// <summary>The journal's whole lines, in order, read by the rehearsal itself. What a damage spoilt is passed over.</summary>
    public static List<JsonNode> JournalLines(string state)
    {
        var file = Path.Combine(state, "journal.jsonl");
        if (!File.Exists(file)) return [];
        var text = File.ReadAllText(file);
        return [.. text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Parsed).OfType<JsonNode>()];
    }

    private static JsonObject? Parsed(string line)
    {
        try
        {
            return JsonNode.Parse(line) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static List<string> OpenIntents(string state)
    {
        var open = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in JournalLines(state))
        {
            var key = $"{line["run"]} {line["act"]}";
            if (line["mark"]!.GetValue<string>() == "intent") open[key] = line.ToJsonString();
            else open.Remove(key);
        }

        return [.. open.Values];
    }

    private async Task<List<string>> StartFaultsAsync(CancellationToken cancellationToken)
    {
        try
        {
            await appliance.StopContainerAsync(cancellationToken);
            await appliance.StartContainerAsync(cancellationToken);
            var now = await appliance.LookAtContainerAsync(cancellationToken);
            return now.Running && now.ImageId == running.ImageId ? [] : ["the container of the installed version does not run after its start"];
        }
        catch (EngineRefusedException refused)
        {
            return [$"the container of the installed version does not start: {refused.Message}"];
        }
    }

    private string? Irreplaceable(string name)
    {
        var served = name == appliance.IntermediateReference ? appliance.IntermediateServed : name == appliance.TargetReference ? appliance.Images.Target : null;
        if (served is null && Owed(name) == appliance.IntermediateServed.ConfigDigest) served = appliance.IntermediateServed;
        if (served is null) return "nobody serves it, and nobody owes it";
        var digests = served.Layers.Select(layer => layer.Digest).Append(served.ConfigDigest).Append(served.Manifest.Digest);
        return digests.FirstOrDefault(digest => !IsServed(digest)) is { } absent ? $"the registry has no sound {absent}" : null;
    }

    // the id of the image that a name will be put on again, as the journal has it
    private string? Owed(string name)
    {
        var lines = JournalLines(appliance.State);
        bool IsPaid(JsonNode debt) => lines.Exists(line => line["mark"]!.GetValue<string>() == "put-back" && $"{line["run"]} {line["act"]}" == $"{debt["run"]} {debt["act"]}");
        return lines.LastOrDefault(line => line["names"] is JsonArray names && names.Any(owed => owed!.GetValue<string>() == name) && !IsPaid(line))?["of"]?.GetValue<string>();
    }

    private bool IsServed(string digest)
    {
        var path = appliance.Stage.Registry.BlobPath(digest);
        return File.Exists(path) && "sha256:" + Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path))) == digest;
    }

    private static async Task<IReadOnlySet<string>> TagsAsync(Engine engine, CancellationToken cancellationToken)
    {
        var images = await engine.Api.GetAsync("/images/json?all=1", cancellationToken);
        return images.AsArray().SelectMany(image => (image!["RepoTags"] as JsonArray ?? []).Select(tag => tag!.GetValue<string>()))
            .Where(tag => tag != "<none>:<none>").ToHashSet(StringComparer.Ordinal);
    }
}
