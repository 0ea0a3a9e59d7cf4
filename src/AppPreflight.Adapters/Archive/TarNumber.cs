using System.Buffers.Text;

namespace AppPreflight.Archive;

/// <summary>Numbers of tar headers as Go reads them (archive/tar/strconv.go: parseNumeric, parseOctal, ParseInt of PAX values).</summary>
internal static class TarNumber
{
    /// <summary>Base 256 when the first bit is set, else octal among NULs and spaces; false for anything else and for overflow.</summary>
    public static bool TryParse(ReadOnlySpan<byte> field, out long number) =>
        field.Length > 0 && (field[0] & 0x80) != 0 ? TryBinary(field, out number) : TryOctal(field, out number);

    /// <summary>Octal digits up to a NUL; an empty field is 0.</summary>
    public static bool TryOctal(ReadOnlySpan<byte> field, out long number)
    {
        field = TarField.Text(field.Trim(" \0"u8));
        ulong sum = 0;
        number = 0;
        foreach (var digit in field)
        {
            if (digit is < (byte)'0' or > (byte)'7' || sum >> 61 != 0) return false;
            sum = (sum << 3) | (uint)(digit - '0');
        }

        number = unchecked((long)sum);
        return true;
    }

    /// <summary>A whole decimal number.</summary>
    public static bool TryDecimal(ReadOnlySpan<byte> text, out long number) =>
        Utf8Parser.TryParse(text, out number, out var used) && used == text.Length;

    // two's complement, most significant byte first, of which the highest bit is only the sign of this form
    private static bool TryBinary(ReadOnlySpan<byte> field, out long number)
    {
        var inverse = (field[0] & 0x40) != 0 ? (byte)0xff : (byte)0;
        var sum = (ulong)((field[0] ^ inverse) & 0x7f);
        number = 0;
        foreach (var one in field[1..])
        {
            if (sum >> 56 != 0) return false;
            sum = (sum << 8) | (byte)(one ^ inverse);
        }

        number = inverse == 0 ? (long)sum : ~(long)sum;
        return sum >> 63 == 0;
    }
}
