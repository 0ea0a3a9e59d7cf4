using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.Checks;

/// <summary>Each stored layer against its diff id, and each of its files against what was pulled.</summary>
internal static class StoredLayerCheck
{
    public static IEnumerable<Finding> Look(string image, StoredImage stored, StoredContent content)
    {
        foreach (var (index, layer) in content.Layers.Index())
        {
            var place = new Place($"{image} {layer.DiffId}", $"Layer {index + 1} of {stored.DiffIds.Count}", layer);
            if (layer.Fault is { } fault) yield return FaultCheck.OfEngine(place.Subject, fault);
            else if (layer.IsSound == false)
            {
                foreach (var finding in Altered(place)) yield return finding;
            }
        }

        if (content.Fault is not null || content.Layers.Count == stored.DiffIds.Count) yield break;
        yield return new(FindingCode.StoredLayerAltered, Verdict.Fail, image, Source.Engine,
            $"The engine reads out {content.Layers.Count} layers of this image, its configuration names {stored.DiffIds.Count}")
        { Expected = $"{stored.DiffIds.Count}", Observed = $"{content.Layers.Count}", Remedy = StoredCheck.Repair };
    }

    private static IEnumerable<Finding> Altered(Place place)
    {
        var layer = place.Layer;
        var content = layer.Damages.Where(damage => damage.IsOfContent).ToList();
        var more = layer.Damages.Where(damage => !damage.IsOfContent).ToList();
        if (content.Count > 0 || layer.Observed is { } observed && observed != layer.Promised)
        {
            yield return new(FindingCode.StoredLayerAltered, Verdict.Fail, place.Subject, Source.Engine, $"{place.Name} as stored is not the one that was pulled{Named(content, layer)}")
            { Expected = layer.Promised.ToString(), Observed = layer.Observed?.ToString(), Files = content, Remedy = StoredCheck.Repair };
        }

        if (more.Count > 0)
        {
            yield return new(FindingCode.StoredLayerMetadataAltered, Verdict.Fail, place.Subject, Source.Engine,
                $"{place.Name} has its contents, but not everything is as it was pulled{Named(more, layer)}")
            { Files = more, Remedy = more.Find(damage => damage.MisleadsRemoval) is { } link ? MendLink(link) : StoredCheck.Repair };
        }
    }

    private static string Named(List<LayerDamage> files, StoredLayer layer)
    {
        const int shown = 3;
        if (files.Count == 0) return "";
        var rest = files.Count - Math.Min(files.Count, shown) + layer.MoreDamages;
        return ": " + string.Join(", ", files.Take(shown).Select(Named)) + (rest > 0 ? $" and {rest} more" : "");
    }

    private static string Named(LayerDamage file) => file.Kind switch
    {
        DamageKind.Content => $"{Shown(file)} has other contents",
        DamageKind.Missing => $"{Shown(file)} is missing",
        DamageKind.TarSplit => $"the engine's {Shown(file)} of it is damaged",
        DamageKind.CacheId => $"the engine's {Shown(file)} of it leads elsewhere",
        DamageKind.DiffFile => $"the engine's {Shown(file)} of it names another layer",
        DamageKind.Parent => $"the engine's {Shown(file)} of it names another layer below",
        DamageKind.Surplus => $"{Shown(file)} does not belong there",
        DamageKind.Type => $"{Shown(file)} is of another kind ({Change(file)})",
        DamageKind.Mode => $"{Shown(file)} has another mode ({Change(file)})",
        DamageKind.Owner => $"{Shown(file)} has another owner ({Change(file)})",
        DamageKind.Xattr => $"{Shown(file)} has other attributes ({Change(file)})",
        DamageKind.LinkTarget => $"{Shown(file)} leads elsewhere ({Change(file)})",
        DamageKind.HardLink => $"{Shown(file)} is no longer the same file as {Quote.Short(file.Expected ?? "?", 60)}",
        DamageKind.Whiteout => $"{Shown(file)} no longer hides what lies below",
        DamageKind.Device => $"{Shown(file)} is another device ({Change(file)})",
        DamageKind.LinkFile => file.Path == LayerDamage.LinkName
            ? $"the engine's short name of it ({Shown(file)}) is not its own ({Change(file)}), so that containers get other files or none"
            : $"the engine's short name of it leads elsewhere ({Change(file)}), so that no container starts on it",
        _ => $"the engine's list of the layers below it ({Shown(file)}) is not what it was, so that containers get other files or none",
    };

    // a removal would take away the short name that stands there: of whichever layer it is
    private static string MendLink(LayerDamage link) => link.Expected is { } name
        ? $"do not remove this image: the engine would remove another layer's short name with it. First, as root: printf %s {name} > \"$(docker info -f '{{{{.DockerRootDir}}}}')/overlay2/l/{name}/../link\"; then {StoredCheck.Repair}"
        : "do not remove this image: the engine would remove another layer's short name with it; its own short name is lost, so the engine's data has to come from a backup";

    private static string Shown(LayerDamage file) => Quote.Short(file.Path, 120);

    private static string Change(LayerDamage file) => $"{Quote.Short(file.Expected ?? "none", 60)} -> {Quote.Short(file.Observed ?? "none", 60)}";

    private sealed record Place(string Subject, string Name, StoredLayer Layer);
}
