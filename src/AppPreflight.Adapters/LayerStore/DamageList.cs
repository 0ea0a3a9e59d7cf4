using AppPreflight.Images;

namespace AppPreflight.LayerStore;

/// <summary>What was found wrong in one layer; beyond the first hundred only how much more.</summary>
internal sealed class DamageList
{
    private const int Most = 100;

    private readonly List<LayerDamage> damages = [];

    public int Count { get; private set; }

    public int More => Count - damages.Count;

    /// <summary>By path, so that two runs tell the same.</summary>
    public IReadOnlyList<LayerDamage> Sorted => [.. damages.OrderBy(damage => damage.Path, StringComparer.Ordinal).ThenBy(damage => damage.Kind)];

    public void Add(DamageKind kind, string path, string? expected = null, string? observed = null)
    {
        Count++;
        var damage = new LayerDamage(kind, path, expected, observed);
        if (damages.Count < Most) damages.Add(damage);
        // of very many the contents come first: they decide what the layer is called
        else if (damage.IsOfContent && damages.FindIndex(other => !other.IsOfContent) is >= 0 and var at) damages[at] = damage;
    }

    public void Clear()
    {
        damages.Clear();
        Count = 0;
    }
}
