namespace AppPreflight.Archive;

/// <summary>Times of PAX records: "1741947010", "1741947010.25", "-1.5".</summary>
/// <remarks>Go archive/tar/strconv.go, parsePAXTime: digits behind the ninth are cut off, and a fraction moves away from zero.</remarks>
internal static class TarTime
{
    private const int NanosecondDigits = 9;

    public static bool TryParse(ReadOnlySpan<byte> text, out (long Seconds, int Nanoseconds) time)
    {
        time = default;
        var point = text.IndexOf((byte)'.');
        if (!TarNumber.TryDecimal(point < 0 ? text : text[..point], out var seconds)) return false;
        var nanoseconds = 0L;
        if (point >= 0 && !TryFraction(text[(point + 1)..], out nanoseconds)) return false;
        time = (seconds, (int)(text[0] == '-' ? -nanoseconds : nanoseconds));
        return true;
    }

    private static bool TryFraction(ReadOnlySpan<byte> digits, out long nanoseconds)
    {
        nanoseconds = 0;
        foreach (var digit in digits)
            if (digit is < (byte)'0' or > (byte)'9') return false;
        for (var i = 0; i < NanosecondDigits; i++) nanoseconds = nanoseconds * 10 + (i < digits.Length ? digits[i] - '0' : 0);
        return true;
    }
}
