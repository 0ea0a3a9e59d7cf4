using System.Globalization;
using System.Text;

namespace AppPreflight.AppCenter;

/// <summary>Values as texts: keys as docker-compose shows them, and a form in which equal values are equal texts.</summary>
internal static class ComposeEquality
{
    /// <summary>Python's <c>str()</c> of a key.</summary>
    public static string Name(YamlValue key) => key.Kind switch
    {
        YamlKind.Null => "None",
        YamlKind.Bool => key.IsTrue ? "True" : "False",
        YamlKind.Integer => key.Integer.ToString(CultureInfo.InvariantCulture),
        YamlKind.Float => Name(key.Float),
        _ => key.Text,
    };

    // Python's repr(): never without a fraction or an exponent.
    private static string Name(double number) => number switch
    {
        double.PositiveInfinity => "inf",
        double.NegativeInfinity => "-inf",
        double.NaN => "nan",
        _ when number == Math.Floor(number) && Math.Abs(number) < 1e16 => number.ToString("F1", CultureInfo.InvariantCulture),
        _ => number.ToString("R", CultureInfo.InvariantCulture).ToLowerInvariant(),
    };

    public static string Key(YamlValue value)
    {
        var key = new StringBuilder();
        Append(value, key);
        return key.ToString();
    }

    private static void Append(YamlValue value, StringBuilder key)
    {
        if (value.IsList)
        {
            key.Append('[');
            value.Items.ForEach(i => Append(i, key));
            key.Append(']');
        }
        else if (value.IsMap)
        {
            key.Append('{');
            foreach (var (name, entry) in value.Entries().OrderBy(e => e.Key.Identity, StringComparer.Ordinal))
            {
                Append(name, key);
                Append(entry, key);
            }

            key.Append('}');
        }
        else
        {
            key.Append(value.Identity.Length).Append(':').Append(value.Identity);
        }
    }
}
