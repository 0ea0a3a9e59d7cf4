using AppPreflight.Apps;
using AppPreflight.Images;
using AppPreflight.Ports;

namespace AppPreflight.AppCenter;

/// <summary>Fills in the references of the default layer's values; values of other layers are taken as they stand.</summary>
/// <remarks>
/// Source: config_registry/backend.py, _eval_default. A default that refers to another is evaluated by recursion, and
/// what Python's stack can't hold becomes an empty text: so a default that refers to itself is nothing, not an error.
/// A value of another layer that contains its own reference is an error: the real registry never answers again.
/// </remarks>
internal sealed class UcrDefaults(Dictionary<string, UcrEntry> entries)
{
    /// <summary>1000 Python frames hold so many evaluations of five frames each (one less if the caller stands deep).</summary>
    private const int MaxDepth = 198;

    /// <summary>More evaluations than that for one key are a default that branches into itself: 2^198 in the real registry.</summary>
    private const int MaxEvaluations = 100_000;

    /// <summary>Of all keys together; the real registry has some hundred.</summary>
    private const int MaxAllEvaluations = 200_000;

    private readonly UcrWork work = new();
    private int evaluations;
    private int allEvaluations;

    /// <exception cref="SourceException">Malformed, the subject is the key that never ends.</exception>
    public static void Evaluate(Dictionary<string, UcrEntry> entries)
    {
        var evaluated = new Dictionary<string, string>(StringComparer.Ordinal);
        var defaults = new UcrDefaults(entries);
        foreach (var (key, entry) in entries)
        {
            if (entry.Layer == UcrLayer.Default && entry.Value.Contains("@%@", StringComparison.Ordinal))
            {
                evaluated[key] = ValueOf(key, entry.Value, defaults);
            }
        }

        foreach (var (key, value) in evaluated)
        {
            entries[key] = new(value, UcrLayer.Default);
        }
    }

    private static string ValueOf(string key, string value, UcrDefaults defaults)
    {
        try
        {
            defaults.evaluations = 0;
            return defaults.Evaluate(value, depth: 1);
        }
        catch (FormatException endless)
        {
            throw new SourceException(
                Source.AppCenter, Fault.Malformed, $"The default value of the registry's key '{key}' can't be worked out: {endless.Message}", endless)
            {
                Subject = key,
            };
        }
    }

    private string Evaluate(string value, int depth)
    {
        if (++evaluations > MaxEvaluations || ++allEvaluations > MaxAllEvaluations)
        {
            throw new FormatException("Its references never end.");
        }

        return depth > MaxDepth ? "" : UcrTemplate.Render(value, key => Reference(key, depth), work);
    }

    private string? Reference(string key, int depth) => !entries.TryGetValue(key, out var entry) ? null
        : entry.Layer == UcrLayer.Default ? Evaluate(entry.Value, depth + 1)
        : entry.Value;
}
