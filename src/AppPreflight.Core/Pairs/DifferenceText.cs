using AppPreflight.Oci;

namespace AppPreflight.Pairs;

/// <summary>One difference in a few words.</summary>
public static class DifferenceText
{
    /// <summary>One file's difference in a few words: "etc/motd changed: content, 12 -> 14 bytes".</summary>
    public static string Of(FilePair file)
    {
        var word = file.Change == FileChange.Stamp ? "differs only in" : file.Change.ToString().ToLowerInvariant() + ":";
        var sizes = (file.SizeA, file.SizeB) switch
        {
            ({ } ofA, { } ofB) => ofA == ofB ? "" : $", {ofA} -> {ofB} bytes",
            ({ } ofA, null) => $", {ofA} bytes",
            (null, { } ofB) => $", {ofB} bytes",
            _ => "",
        };
        var values = file.Values is { } both ? $" {both.A} -> {both.B}" : "";
        return $"{(file.Path.Length == 0 ? "/" : file.Path)} {word} {string.Join(", ", file.What)}{values}{sizes}";
    }

    /// <summary>"config.Labels.version 1 -> 2".</summary>
    public static string Of(FieldPair field) => $"{field.Name} {Value(field.A)} -> {Value(field.B)}";

    private static string Value(string? value) => value is null ? "none" : Quote.Short(value, 60);
}
