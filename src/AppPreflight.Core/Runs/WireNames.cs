using System.Text.Json;
using AppPreflight.Checks;

namespace AppPreflight.Runs;

/// <summary>Enum names as the wire has them: TagMoved is "tag-moved".</summary>
public static class WireNames
{
    /// <summary>The kebab-case name of a code or verdict, as the report has it.</summary>
    public static string Wire<T>(this T value) where T : struct, Enum => JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());

    /// <summary>The value of that name; only the exact spelling, no numbers and no lists.</summary>
    /// <remarks>Through the type, not the generic form, which is compiled at run time for each enum.</remarks>
    public static T? Find<T>(string? wire) where T : struct, Enum =>
        wire is not null && Enum.TryParse(typeof(T), wire.Replace("-", "", StringComparison.Ordinal), ignoreCase: true, out var value)
            && value is T found && found.Wire() == wire
                ? found
                : null;

    /// <summary>The grade that a finding code names: "tags-same-layers".</summary>
    public static TagGrade? FindGrade(string wire)
    {
        foreach (var grade in (TagGrade[])[TagGrade.Differ, TagGrade.SameFiles, TagGrade.SameLayers, TagGrade.SameImage, TagGrade.Identical])
            if (grade.Code().Wire() == wire) return grade;
        return null;
    }
}
