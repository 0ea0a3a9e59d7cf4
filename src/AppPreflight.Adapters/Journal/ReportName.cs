using System.Buffers;
using System.Globalization;
using System.Text;
using AppPreflight.Oci;

namespace AppPreflight.Journal;

/// <summary>The file name of an app's report. Whatever the app is called, the name stays in its folder and in its length.</summary>
internal static class ReportName
{
    public const string Ending = ".json";

    // NAME_MAX is 255 bytes; ".json.broken" and ".tmp" still have to follow
    private const int Longest = 200;

    private static readonly SearchValues<byte> Plain =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.+"u8);

    /// <summary>As in a URL: all but letters, digits and <c>-_.+</c> becomes %XX, so does a dot in front.</summary>
    public static string Of(string app)
    {
        var bytes = Encoding.UTF8.GetBytes(app);
        var name = new StringBuilder();
        foreach (var b in bytes)
        {
            if (Plain.Contains(b) && (b != '.' || name.Length > 0)) name.Append((char)b);
            else name.Append(CultureInfo.InvariantCulture, $"%{b:X2}");
        }

        if (name.Length <= Longest) return name + Ending;
        var digest = Digest.Of(bytes).Hex;
        return $"{name.ToString(0, Longest - digest.Length - 1)}-{digest}{Ending}";
    }
}
