namespace AppPreflight.LayerStore;

/// <summary>Spoils bytes in the ways that fuzzers do.</summary>
internal static class Mutation
{
    private static readonly byte[] Telling = [0, 10, 32, 34, 44, 46, 47, 48, 55, 57, 61, 92, 123, 125, 127, 128, 192, 255, (byte)'x', (byte)'g', (byte)'L', (byte)'K', (byte)'S', (byte)'1', (byte)'5'];

    public static byte[] Of(byte[] sample, Random random)
    {
        var bytes = sample.ToArray();
        for (var times = random.Next(1, 4); times > 0; times--) bytes = Once(bytes, random);
        return bytes;
    }

    private static byte[] Once(byte[] bytes, Random random)
    {
        if (bytes.Length == 0) return bytes;
        var at = random.Next(bytes.Length);
        var end = Math.Min(bytes.Length, at + random.Next(1, 40));
        switch (random.Next(6))
        {
            case 0:
                bytes[at] ^= (byte)(1 << random.Next(8));
                return bytes;
            case 1:
                bytes[at] = Telling[random.Next(Telling.Length)];
                return bytes;
            case 2:
                return [.. bytes[..at], .. bytes[end..]];
            case 3:
                return [.. bytes[..end], .. bytes[at..]];
            case 4:
                return bytes[..at];
            default:
                return [.. bytes[..at], .. Enumerable.Range(0, random.Next(1, 20)).Select(_ => Telling[random.Next(Telling.Length)]), .. bytes[at..]];
        }
    }
}
