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
        YamlKind.Integer => key.Integer.ToString(System.Globalization.CultureInfo.InvariantCulture),
        _ => key.Text,
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
