using System.Globalization;
using System.Text.RegularExpressions;

namespace AppPreflight.AppCenter;

/// <summary>Replaces variables in one section of a compose file and gives numbers and truths their type back.</summary>
/// <remarks>Source: compose 1.29.2 config/interpolation.py (recursive_interpolate, ConversionMap).</remarks>
internal sealed partial class ComposeTypes
{
    /// <summary>docker-compose needs some 30 microseconds for each value; at this many the time limits of both tools are near.</summary>
    private const int MaxValues = 400_000;

    private int values;

    public YamlValue Apply(YamlValue section, string name)
    {
        var result = new YamlValue(YamlKind.Map);
        foreach (var (key, entry) in section.Entries())
        {
            // an empty service is an empty map
            result.Set(key, entry.Kind == YamlKind.Null ? new YamlValue(YamlKind.Map) : Convert(entry, name, [], 0));
        }

        return result;
    }

    private YamlValue Convert(YamlValue value, string section, string[] path, int depth)
    {
        if (depth > YamlComposer.MaxDepth)
        {
            throw ComposeFaultException.TooDeep();
        }

        if (++values > MaxValues)
        {
            throw ComposeFaultException.TooMuch();
        }

        switch (value.Kind)
        {
            case YamlKind.Map:
                var map = new YamlValue(YamlKind.Map);
                foreach (var (key, entry) in value.Entries())
                {
                    map.Set(YamlValue.Of(ComposeEquality.Name(key)), Convert(entry, section, [.. path, ComposeEquality.Name(key)], depth + 1));
                }

                return map;
            case YamlKind.List:
                var list = new YamlValue(YamlKind.List);
                list.Items.AddRange(value.Items.Select(i => Convert(i, section, path, depth + 1)));
                return list;
            case YamlKind.Text:
                return Typed(YamlValue.Of(Interpolation.Replace(value.Text)), section, path);
            default:
                return Typed(value, section, path);
        }
    }

    private static YamlValue Typed(YamlValue value, string section, string[] path) => (section == "service" ? ServiceType(path) : OtherType(path)) switch
    {
        _ when value.IsUnknown => value,
        'i' => ToInteger(value, path),
        'f' => ToFraction(value, path),
        'b' => ToTruth(value, path),
        't' => value.IsText ? ToDuration(value, path) : value,
        's' => ToText(value),
        _ => value,
    };

    private static char OtherType(string[] path) => path switch
    {
        ["external"] or ["attachable"] or ["internal"] => 'b',
        ["labels", _, ..] => 's',
        _ => ' ',
    };

    private static char ServiceType(string[] path) => path switch
    {
        ["labels", _, ..] or ["build", "labels", _, ..] or ["deploy", "labels", _] => 's',
        ["cpu_quota" or "cpu_period" or "cpu_rt_period" or "cpu_rt_runtime"] => 't',
        ["cpus"] or ["deploy", "resources", "limits", "cpus"] or ["deploy", "update_config" or "rollback_config", "max_failure_ratio"] => 'f',
        ["privileged" or "read_only" or "stdin_open" or "tty" or "oom_kill_disable"] => 'b',
        ["healthcheck", "disable"] or ["volumes", "read_only"] or ["volumes", "volume", "nocopy"] => 'b',
        ["cpu_count" or "mem_swappiness" or "oom_score_adj" or "scale"] => 'i',
        ["blkio_config", "weight"] or ["blkio_config", "weight_device", "weight"] => 'i',
        ["configs" or "secrets", "mode"] or ["healthcheck", "retries"] or ["ports", "target" or "published"] => 'i',
        ["ulimits", _] or ["ulimits", _, "soft" or "hard"] or ["volumes", "tmpfs", "size"] => 'i',
        ["deploy", "replicas"] or ["deploy", "placement", "max_replicas_per_node"] or ["deploy", "restart_policy", "max_attempts"] => 'i',
        ["deploy", "update_config" or "rollback_config", "parallelism"] => 'i',
        _ => ' ',
    };

    private static YamlValue ToText(YamlValue value) => value.Kind switch
    {
        YamlKind.Bool or YamlKind.Integer => YamlValue.Of(ComposeEquality.Name(value)),
        YamlKind.Float => YamlValue.Of(value.Text),
        _ => value,
    };

    private static YamlValue ToTruth(YamlValue value, string[] path)
    {
        if (!value.IsText)
        {
            return value;
        }

        return value.Text.ToLowerInvariant() switch
        {
            "y" or "yes" or "true" or "on" => new YamlValue(YamlKind.Bool) { IsTrue = true, Text = "true" },
            "n" or "no" or "false" or "off" => new YamlValue(YamlKind.Bool) { Text = "false" },
            _ => throw NotA("boolean", value, path),
        };
    }

    /// <summary>Hours, minutes, seconds and their parts; only whether it is a duration matters.</summary>
    private static YamlValue ToDuration(YamlValue value, string[] path) =>
        value.Text.Trim().Length > 0 && Duration.IsMatch(value.Text.Replace(" ", "", StringComparison.Ordinal).ToLowerInvariant()) ? YamlValue.OfInteger(0) : throw NotA("duration", value, path);

    [GeneratedRegex(@"^([0-9]+(\.[0-9]+)?h)?([0-9]+(\.[0-9]+)?m)?([0-9]+(\.[0-9]+)?s)?([0-9]+(\.[0-9]+)?ms)?([0-9]+(\.[0-9]+)?us)?([0-9]+(\.[0-9]+)?ns)?\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Duration { get; }

    private static YamlValue ToFraction(YamlValue value, string[] path)
    {
        if (!value.IsText)
        {
            return value;
        }

        return double.TryParse(value.Text.Trim().Replace("_", "", StringComparison.Ordinal), NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? new YamlValue(YamlKind.Float) { Text = value.Text, Float = number }
            : throw NotA("float", value, path);
    }

    private static YamlValue ToInteger(YamlValue value, string[] path)
    {
        if (!value.IsText)
        {
            return value;
        }

        if (path is ["volumes", "tmpfs", "size"])
        {
            return ByteSize(value, path);
        }

        var text = value.Text.Trim().ToLowerInvariant();
        var octal = text.Length > 1 && text[0] == '0' && text.All(char.IsAsciiDigit) ? "0o" + text[1..] : text;
        try
        {
            var digits = octal.TrimStart('+', '-');
            return YamlValue.OfInteger(digits is ['0', 'o' or 'x' or 'b', ..]
                ? YamlScalarTypes.ToInteger(octal, YamlDialect.AppCenter)
                : PythonInteger.Parse(octal, out _) ?? throw NotA("integer", value, path));
        }
        catch (ComposeFaultException)
        {
            throw NotA("integer", value, path);
        }
    }

    /// <summary>A number with b, k, m, g or t behind it.</summary>
    private static YamlValue ByteSize(YamlValue value, string[] path)
    {
        var digits = value.Text.ToLowerInvariant().TrimEnd('b').TrimEnd('k', 'm', 'g', 't');
        return double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out var size) && double.IsFinite(size)
            ? YamlValue.OfInteger(new System.Numerics.BigInteger(size))
            : throw NotA("byte", value, path);
    }

    private static ComposeFaultException NotA(string type, YamlValue value, string[] path) =>
        ComposeFaultException.Refused($"{string.Join('.', path)}: \"{value.Text}\" is not a valid {type} value");
}
