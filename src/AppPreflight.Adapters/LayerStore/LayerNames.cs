using System.Collections.Concurrent;
using System.Text;
using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.LayerStore;

/// <summary>
/// overlay2's short names: each layer's file <c>link</c>, the symbolic link <c>l/NAME</c> to its files, and in <c>lower</c> the names of all
/// layers below. A layer can be read out although they are wrong; a container that starts on it gets other files, or does not start.
/// </summary>
/// <remarks>Source: moby daemon/graphdriver/overlay2/overlay.go, create, getLower and Get.</remarks>
/// <param name="files">The folder <c>overlay2</c>.</param>
/// <param name="recordOf">A layer's entry in the engine's table.</param>
internal sealed class LayerNames(Folder files, Func<ChainId, LayerRecord?> recordOf)
{
    private const int NameLength = 26;
    private const int MostNames = 200_000;
    private const int MostBytes = 16 << 10; // 128 layers of 29 bytes, and some

    private readonly Lazy<ILookup<string, string>> byFolder = new(() => Names(files));
    private readonly ConcurrentDictionary<ChainId, Step?> steps = new();

    public void CompareLink(string cacheId, DamageList damages)
    {
        var written = Text($"{cacheId}/{LayerDamage.LinkName}");
        var right = NameOf(cacheId, written);
        if (right is null && IsName(written))
            damages.Add(DamageKind.LinkFile, LayerDamage.ShortNames, $"{written} -> {TargetOf(cacheId)}", Target(written!) is { } other ? $"{written} -> {LayerRecord.Shown(other)}" : null);
        else if (right is null || written != right)
            damages.Add(DamageKind.LinkFile, LayerDamage.LinkName, right, LayerRecord.Shown(written));
    }

    /// <param name="isTrusted">Whether a layer's folder is its own, so that others may be judged by it; asked only when something differs.</param>
    public void CompareLower(LayerClaim claim, string cacheId, Func<ChainId, string, bool> isTrusted, DamageList damages)
    {
        if (Lower(claim.Below, out var below) is not { } right) return;
        var written = Text($"{cacheId}/{LayerDamage.LowerName}");
        if (written == (right.Length == 0 ? null : right)) return;
        if (below.Exists(step => !isTrusted(step.Chain, step.CacheId))) return;
        damages.Add(DamageKind.LowerFile, LayerDamage.LowerName, right.Length == 0 ? null : right, LayerRecord.Shown(written));
    }

    // BuildKit builds on folders of its own, which need not be those that the table names
    private string? Lower(IReadOnlyList<ChainId> chains, out List<Step> below)
    {
        below = [];
        var names = new List<string>(chains.Count);
        foreach (var chain in chains)
        {
            if (steps.GetOrAdd(chain, StepOf) is not { } step) return null;
            below.Add(step);
            names.Add($"{LayerDamage.ShortNames}/{step.Name}");
            if (!step.IsBuiltInPlace) continue;
            if (Text($"{step.CacheId}/{LayerDamage.LowerName}") is { } lower) names.Add(lower);
            break;
        }

        return string.Join(':', names);
    }

    private Step? StepOf(ChainId chain)
    {
        using var record = recordOf(chain);
        if (record?.CacheId is not { } cacheId) return null;
        var written = Text($"{cacheId}/{LayerDamage.LinkName}");
        return (NameOf(cacheId, written) ?? (IsName(written) ? written : null)) is { } name ? new(chain, cacheId, name, record.IsBuiltInPlace) : null;
    }

    /// <summary>The name that leads to these files: the one written where it does, else any.</summary>
    private string? NameOf(string cacheId, string? written) =>
        IsName(written) && Target(written!) == TargetOf(cacheId) ? written : byFolder.Value[TargetOf(cacheId)].Order(StringComparer.Ordinal).FirstOrDefault();

    private string? Target(string name)
    {
        using var folder = files.TryOpen(LayerDamage.ShortNames);
        return folder?.LinkOf(Encoding.ASCII.GetBytes(name)) is { } target ? Encoding.Latin1.GetString(target) : null;
    }

    // not trimmed: the engine does not, either
    private string? Text(string path) => files.ReadSmall(path, MostBytes) is { } bytes ? Encoding.Latin1.GetString(bytes) : null;

    private static string TargetOf(string cacheId) => $"../{cacheId}/diff";

    private static bool IsName(string? text) => text is { Length: NameLength } && text.All(letter => char.IsAsciiLetterUpper(letter) || char.IsAsciiDigit(letter));

    private static ILookup<string, string> Names(Folder files)
    {
        using var folder = files.TryOpen(LayerDamage.ShortNames);
        return (folder?.Names(MostNames) ?? [])
            .Select(name => (Name: Encoding.Latin1.GetString(name), Target: folder!.LinkOf(name)))
            .Where(link => IsName(link.Name) && link.Target is not null)
            .ToLookup(link => Encoding.Latin1.GetString(link.Target!), link => link.Name, StringComparer.Ordinal);
    }

    /// <summary>A layer that others stand on.</summary>
    private sealed record Step(ChainId Chain, string CacheId, string Name, bool IsBuiltInPlace);
}
