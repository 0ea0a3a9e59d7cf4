using System.Text.Json;

namespace AppPreflight.Runs;

/// <summary>Enum names as the wire has them: TagMoved is "tag-moved".</summary>
public static class WireNames
{
    /// <summary>The kebab-case name of a code or verdict, as the report has it.</summary>
    public static string Wire<T>(this T value) where T : struct, Enum => JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());

    /// <summary>The value of that name; only the exact spelling, no numbers and no lists.</summary>
    public static T? Find<T>(string? wire) where T : struct, Enum =>
        wire is not null && Enum.TryParse<T>(wire.Replace("-", "", StringComparison.Ordinal), ignoreCase: true, out var value) && value.Wire() == wire
            ? value
            : null;
}
