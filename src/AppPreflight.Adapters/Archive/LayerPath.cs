using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace AppPreflight.Archive;

/// <summary>
/// A path inside a layer, byte for byte as the kernel has it: components joined by '/', no leading or trailing '/', no "." and no "..";
/// empty for the layer's root. Linux names are bytes and need not be UTF-8, so no text is made of them but for people.
/// </summary>
[SuppressMessage("Usage", "CA2231", Justification = "compared by Equals alone")]
internal readonly struct LayerPath(byte[] bytes) : IEquatable<LayerPath>
{
    private readonly byte[] bytes = bytes;

    public ReadOnlySpan<byte> Bytes => bytes;

    public bool Equals(LayerPath other) => Bytes.SequenceEqual(other.Bytes);

    public override bool Equals(object? obj) => obj is LayerPath other && Equals(other);

    public override int GetHashCode() => ByteKeys.Instance.GetHashCode(Bytes);

    /// <summary>For people: see <see cref="Show"/>.</summary>
    public override string ToString() => Show(bytes);

    /// <summary>
    /// UTF-8 as text; bytes that are none, control characters, the backslash and characters that steer a terminal's or a reader's eye
    /// as \xNN of each byte, so that no two names look the same and none can write on a console.
    /// </summary>
    public static string Show(ReadOnlySpan<byte> name)
    {
        var text = new StringBuilder(name.Length);
        while (!name.IsEmpty)
        {
            var whole = Rune.DecodeFromUtf8(name, out var rune, out var count) == OperationStatus.Done;
            if (whole && IsPlain(rune)) text.Append(rune.ToString());
            else foreach (var one in name[..count]) text.Append("\\x").Append(one.ToString("x2"));
            name = name[count..];
        }

        return text.ToString();
    }

    private static bool IsPlain(Rune rune) => rune.Value != '\\' && Rune.GetUnicodeCategory(rune) is not (
        System.Globalization.UnicodeCategory.Control or System.Globalization.UnicodeCategory.Format or
        System.Globalization.UnicodeCategory.LineSeparator or System.Globalization.UnicodeCategory.ParagraphSeparator or
        System.Globalization.UnicodeCategory.OtherNotAssigned or System.Globalization.UnicodeCategory.PrivateUse);
}
