using System.Text;

namespace AppPreflight.Fuzz;

/// <summary>
/// Makes the inputs of a target: input <c>number</c> of <c>seed</c> is always the same, whatever was made before. First the corpus as it is;
/// then every fourth input is the next truncation until each entry was cut at every byte; all others are spoilt at random.
/// </summary>
internal sealed class Mutator(IReadOnlyList<byte[]> corpus, IReadOnlyList<byte[]> words, int longest, ulong seed)
{
    private const int MostSteps = 5;

    private static readonly byte[][] Oddities =
    [
        [0], [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xEF, 0xBB, 0xBF], [0xE2, 0x80, 0xA8], [0xC2, 0x85], [0xE2, 0x82],
        [0xF0, 0x9F, 0x98, 0x80], [0xD9, 0xA3], "\\ud800"u8.ToArray(), "\\u0000"u8.ToArray(), "\\udc00\\ud800"u8.ToArray(), "\u001b["u8.ToArray(), "\u000b"u8.ToArray(),
    ];

    private static readonly byte[][] Numbers = [.. new[]
    {
        "0", "-1", "1e9", "1E400", "0.1", "-0", "00", "2147483647", "2147483648", "-2147483648", "4294967296", "9223372036854775807", "9223372036854775808",
        "-9223372036854775808", "18446744073709551616", "99999999999999999999999999", "0x7fffffff", "0o17", "+1", "1_000", "NaN", new string('9', 400), new string('1', 5000),
    }.Select(Encoding.ASCII.GetBytes)];

    private static readonly (byte[] Open, byte[] Close)[] Nests = [.. new[]
    {
        ("[", "]"), ("{\"a\":", "}"), ("{", "}"), ("- ", ""), ("? ", ""), ("a: {", "}"), ("(", ")"), ("\"", "\""), ("@%@", "@%@"), ("${a:-", "}"), ("../", ""), ("a/", ""), ("[a, ", "]"), (" ", ""), ("\t", ""),
    }.Select(pair => (Encoding.ASCII.GetBytes(pair.Item1), Encoding.ASCII.GetBytes(pair.Item2)))];

    private static readonly byte[][] LineEnds = ["\n"u8.ToArray(), "\r\n"u8.ToArray(), "\r"u8.ToArray(), "\n\n"u8.ToArray(), [], [0xE2, 0x80, 0xA8], [0xC2, 0x85], "\n\r"u8.ToArray()];

    private readonly long truncations = corpus.Sum(entry => (long)entry.Length);

    public byte[] Make(long number)
    {
        if (number < corpus.Count) return corpus[(int)number];
        if (number % 4 == 0 && number / 4 < truncations) return Truncation(number / 4);
        var dice = new Dice(seed, number);
        var bytes = dice.OneIn(50) ? [] : dice.Of(corpus);
        for (var steps = 1 + dice.Below(dice.OneIn(4) ? 4 * MostSteps : MostSteps); steps > 0; steps--) bytes = Step(bytes, dice);
        return bytes.Length > longest ? bytes[..longest] : bytes;
    }

    private byte[] Truncation(long index)
    {
        var entry = 0;
        for (; index >= corpus[entry].Length; entry++) index -= corpus[entry].Length;
        return corpus[entry][..(int)index];
    }

    private byte[] Step(byte[] bytes, Dice dice)
    {
        var (start, end) = Slice(bytes, dice);
        return dice.Below(20) switch
        {
            0 or 1 => Changed(bytes, start, (byte)(At(bytes, start) ^ (1 << dice.Below(8)))),
            2 => Changed(bytes, start, dice.Byte()),
            3 => Put(bytes, start, end, []),
            4 => Put(bytes, end, end, bytes.AsSpan(start, end - start)),
            5 => bytes[..start],
            6 => Put(bytes, start, start, dice.Of(Oddities)),
            7 or 8 => Put(bytes, start, start, dice.Of(words)),
            9 or 10 => Put(bytes, start, Math.Min(bytes.Length, start + dice.Below(12)), dice.Of(words)),
            11 => [.. bytes.AsSpan(0, start), .. Tail(dice.Of(corpus), dice)],
            12 => Put(bytes, start, start, Part(dice.Of(corpus), dice)),
            13 or 14 => OtherNumber(bytes, start, dice),
            15 => Put(bytes, start, start, Repeated(bytes.AsSpan(start, end - start), dice)),
            16 => Nested(bytes, start, end, dice),
            17 => Lines(bytes, dice),
            18 => dice.OneIn(4) ? OtherLineEnds(bytes, dice) : OtherCase(bytes, start, end),
            _ => Put(bytes, start, start, Part(bytes, dice)),
        };
    }

    private static (int Start, int End) Slice(byte[] bytes, Dice dice)
    {
        var start = dice.Below(bytes.Length + 1);
        return (start, Math.Min(bytes.Length, start + 1 + dice.Below(dice.OneIn(4) ? 400 : 20)));
    }

    private static byte At(byte[] bytes, int index) => index < bytes.Length ? bytes[index] : (byte)0;

    private static byte[] Changed(byte[] bytes, int index, byte value)
    {
        if (index >= bytes.Length) return [.. bytes, value];
        byte[] changed = [.. bytes];
        changed[index] = value;
        return changed;
    }

    private static byte[] Put(byte[] bytes, int start, int end, ReadOnlySpan<byte> middle) => [.. bytes.AsSpan(0, start), .. middle, .. bytes.AsSpan(end)];

    private static ReadOnlySpan<byte> Tail(byte[] bytes, Dice dice) => bytes.AsSpan(dice.Below(bytes.Length + 1));

    private static ReadOnlySpan<byte> Part(byte[] bytes, Dice dice)
    {
        var (start, end) = Slice(bytes, dice);
        return bytes.AsSpan(start, end - start);
    }

    // the run of digits at or behind the place
    private static byte[] OtherNumber(byte[] bytes, int from, Dice dice)
    {
        var start = bytes.AsSpan(from).IndexOfAnyInRange((byte)'0', (byte)'9');
        if (start < 0) return Put(bytes, from, from, dice.Of(Numbers));
        start += from;
        var length = bytes.AsSpan(start).IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        return Put(bytes, start, length < 0 ? bytes.Length : start + length, dice.Of(Numbers));
    }

    // mostly a few times; one in a hundred until the input is as long as it may be
    private byte[] Repeated(ReadOnlySpan<byte> slice, Dice dice)
    {
        if (slice.IsEmpty) return [];
        var times = dice.OneIn(100) ? longest / slice.Length : dice.OneIn(10) ? 1 + dice.Below(300) : 1 + dice.Below(8);
        var all = new byte[Math.Min(longest, times * slice.Length)];
        for (var at = 0; at < all.Length; at++) all[at] = slice[at % slice.Length];
        return all;
    }

    private byte[] Nested(byte[] bytes, int start, int end, Dice dice)
    {
        var (open, close) = dice.Of(Nests);
        var depth = dice.OneIn(20) ? longest / (open.Length + close.Length) : 1 + dice.Below(dice.OneIn(3) ? 600 : 20);
        var inside = new List<byte>(bytes.Length + depth * (open.Length + close.Length));
        inside.AddRange(bytes.AsSpan(0, start));
        for (var i = 0; i < depth; i++) inside.AddRange(open);
        inside.AddRange(bytes.AsSpan(start, end - start));
        for (var i = 0; i < depth; i++) inside.AddRange(close);
        inside.AddRange(bytes.AsSpan(end));
        return [.. inside];
    }

    // a line twice, two lines changed about, a line gone: repeated keys, lost keys
    private static byte[] Lines(byte[] bytes, Dice dice)
    {
        var lines = new List<byte[]>();
        for (var start = 0; start < bytes.Length;)
        {
            var length = bytes.AsSpan(start).IndexOf((byte)'\n');
            var end = length < 0 ? bytes.Length : start + length + 1;
            lines.Add(bytes[start..end]);
            start = end;
        }

        if (lines.Count == 0) return bytes;
        var (one, other) = (dice.Below(lines.Count), dice.Below(lines.Count));
        switch (dice.Below(3))
        {
            case 0:
                lines.Insert(other, lines[one]);
                break;
            case 1:
                (lines[one], lines[other]) = (lines[other], lines[one]);
                break;
            default:
                lines.RemoveAt(one);
                break;
        }

        return [.. lines.SelectMany(line => line)];
    }

    private static byte[] OtherLineEnds(byte[] bytes, Dice dice)
    {
        var end = dice.Of(LineEnds);
        var changed = new List<byte>(bytes.Length);
        foreach (var one in bytes)
        {
            if (one == '\n') changed.AddRange(end);
            else changed.Add(one);
        }

        return [.. changed];
    }

    private static byte[] OtherCase(byte[] bytes, int start, int end)
    {
        byte[] changed = [.. bytes];
        for (var at = start; at < end; at++)
        {
            if (char.IsAsciiLetter((char)changed[at])) changed[at] ^= 0x20;
        }

        return changed;
    }
}
