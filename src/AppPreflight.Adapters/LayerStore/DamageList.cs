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
        if (damages.Count < Most) damages.Add(new(kind, path, expected, observed));
    }

    public void Clear()
    {
        damages.Clear();
        Count = 0;
    }
}
