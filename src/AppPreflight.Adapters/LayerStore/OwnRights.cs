using System.Globalization;
using System.Text;

namespace AppPreflight.LayerStore;

/// <summary>What the kernel lets this process do, whoever's the file: capabilities(7).</summary>
internal static class OwnRights
{
    private const int OverrideModes = 1; // CAP_DAC_OVERRIDE
    private const int ReadAll = 2; // CAP_DAC_READ_SEARCH
    private const int Administer = 21; // CAP_SYS_ADMIN

    private static readonly ulong Effective = Read();

    /// <summary>Whether trusted.* attributes are seen; without the right to they seem absent.</summary>
    public static bool SeesTrusted => Has(Administer);

    /// <summary>Whether every file of a layer can be read and every attribute be seen.</summary>
    public static bool MayReadAll => SeesTrusted && (Has(ReadAll) || Has(OverrideModes));

    private static bool Has(int capability) => (Effective & (1ul << capability)) != 0;

    // CapEff of proc(5), status
    private static ulong Read()
    {
        try
        {
            var line = File.ReadLines("/proc/self/status", Encoding.ASCII).FirstOrDefault(line => line.StartsWith("CapEff:", StringComparison.Ordinal));
            return line is not null && ulong.TryParse(line.AsSpan(7).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var rights) ? rights : 0;
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
