namespace AppPreflight.Oci;

/// <summary>Text from outside, made fit for a sentence: short, one line, no control characters (a terminal obeys those).</summary>
public static class Quote
{
    private const int Longest = 200;

    /// <summary>A message with its first letter made a capital.</summary>
    public static string Sentence(string message) => message.Length == 0 ? message : char.ToUpperInvariant(message[0]) + message[1..];

    public static string Short(string text, int longest = Longest)
    {
        var cut = text.Length > longest ? text.AsSpan(0, longest) : text;
        var clean = string.Create(cut.Length, cut, static (span, source) =>
        {
            for (var i = 0; i < source.Length; i++) span[i] = char.IsControl(source[i]) ? ' ' : source[i];
        });
        return text.Length > longest ? clean + "…" : clean;
    }
}
