using System.Collections.Immutable;

namespace AppPreflight.Apps;

/// <summary>The Univention Config Registry as one reading of all its layers: key to value, immutable.</summary>
/// <remarks>Simulated upgrade steps change a copy. Source: config_registry/backend.py, ReadOnlyConfigRegistry.</remarks>
public sealed record UcrValues(ImmutableDictionary<string, string> Values)
{
    public static readonly UcrValues Empty = new(ImmutableDictionary.Create<string, string>(StringComparer.Ordinal));

    private static readonly string[] TrueWords = ["yes", "true", "1", "enable", "enabled", "on"];
    private static readonly string[] FalseWords = ["no", "false", "0", "disable", "disabled", "off"];

    public string? this[string key] => Values.GetValueOrDefault(key);

    public UcrValues With(string key, string value) => new(Values.SetItem(key, value));

    public UcrValues Without(string key) => new(Values.Remove(key));

    /// <summary>Whether the value is one of UCR's words for yes; not set counts as <paramref name="whenUnset"/>.</summary>
    public bool IsTrue(string key, bool whenUnset = false) => this[key] is { } value ? IsTrueWord(value) : whenUnset;

    public bool IsFalse(string key, bool whenUnset = false) => this[key] is { } value ? IsFalseWord(value) : whenUnset;

    public static bool IsTrueWord(string value) => TrueWords.Contains(value.ToLowerInvariant(), StringComparer.Ordinal);

    public static bool IsFalseWord(string value) => FalseWords.Contains(value.ToLowerInvariant(), StringComparer.Ordinal);
}
