using System.Runtime.InteropServices;
using System.Text;

namespace AppPreflight.Rehearsal;

/// <summary>What a file of a bench image is made of. The share that gzip leaves is about 0.3, 0.5, 1 and 0.001.</summary>
internal enum Grain
{
    /// <summary>Words and phrases of a small vocabulary, as sources and documents are.</summary>
    Text,

    /// <summary>Patterns with operands and padding, as machine code is.</summary>
    Code,

    /// <summary>What was compressed before: pictures, archives.</summary>
    Noise,

    Zeros,
}

/// <summary>SplitMix64: the same numbers on every machine and in every version of .NET. Source: Steele, Lea, Flood, OOPSLA 2014.</summary>
internal sealed class SeededNumbers(ulong seed)
{
    private ulong state = seed;

    public ulong Next()
    {
        var mixed = state += 0x9E3779B97F4A7C15;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }

    public int Below(int end) => (int)(Next() % (uint)end);

    public void Fill(Span<byte> target)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(target);
        for (var place = 0; place < words.Length; place++) words[place] = Next();
        for (var place = words.Length * sizeof(ulong); place < target.Length; place++) target[place] = (byte)Next();
    }
}

/// <summary>A file's bytes, made while they are read: they depend on grain, seed and length alone.</summary>
internal sealed class BenchContent(Grain grain, ulong seed, long length) : Stream
{
    private const int Entries = 4096;

    private static readonly byte[][] phrases = MakePhrases();
    private static readonly byte[][] patterns = MakePatterns();

    private readonly SeededNumbers numbers = new(seed);
    private readonly byte[] block = new byte[(int)Math.Min(length, 1 << 16)];
    private int given;
    private int filled;

    public override bool CanRead => true;

    // true, for a tar header needs to know the length beforehand
    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position { get; set; }

    public override int Read(Span<byte> buffer)
    {
        if (given == filled) Refill();
        var count = Math.Min(buffer.Length, filled - given);
        block.AsSpan(given, count).CopyTo(buffer);
        given += count;
        Position += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
        // nothing is written
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private void Refill()
    {
        (given, filled) = (0, (int)Math.Min(block.Length, length - Position));
        var target = block.AsSpan(0, filled);
        if (grain == Grain.Noise) numbers.Fill(target);
        else if (grain == Grain.Text) FillText(target);
        else if (grain == Grain.Code) FillCode(target);
    }

    private void FillText(Span<byte> target)
    {
        while (target.Length > 0)
        {
            var dice = numbers.Next();
            Put(phrases[Skewed(dice)], ref target);
            if (target.Length == 0) return;
            target[0] = (dice >> 60) == 0 ? (byte)'\n' : (byte)' ';
            target = target[1..];
        }
    }

    private void FillCode(Span<byte> target)
    {
        while (target.Length > 0)
        {
            var dice = numbers.Next();
            var start = target;
            Put(patterns[Skewed(dice)], ref target);
            start[0] = (byte)(dice >> 32);
            if ((dice >> 40 & 1) == 0) continue;
            var padding = (int)Math.Min((long)(dice >> 42 & 7), target.Length);
            target[..padding].Clear();
            target = target[padding..];
        }
    }

    private static void Put(byte[] piece, ref Span<byte> target)
    {
        var count = Math.Min(piece.Length, target.Length);
        piece.AsSpan(0, count).CopyTo(target);
        target = target[count..];
    }

    // few are frequent, most are rare, as words are in any language
    private static int Skewed(ulong dice)
    {
        var even = (long)(dice % Entries);
        return (int)(even * even * even / ((long)Entries * Entries));
    }

    private static byte[][] MakePhrases()
    {
        var dice = new SeededNumbers(1);
        var words = Enumerable.Range(0, Entries).Select(_ => Word(dice)).ToArray();
        return [.. words.Select((word, place) => Encoding.ASCII.GetBytes(place % 4 == 0 ? Phrase(words, dice) : word))];
    }

    private static string Word(SeededNumbers dice) =>
        string.Concat(Enumerable.Range(0, 2 + dice.Below(9)).Select(_ => (char)('a' + Math.Min(dice.Below(26), dice.Below(26)))));

    private static string Phrase(string[] words, SeededNumbers dice) =>
        string.Join(' ', Enumerable.Range(0, 3 + dice.Below(5)).Select(_ => words[dice.Below(Entries)]));

    private static byte[][] MakePatterns()
    {
        var dice = new SeededNumbers(2);
        return [.. Enumerable.Range(0, Entries).Select(_ => Pattern(dice))];
    }

    private static byte[] Pattern(SeededNumbers dice)
    {
        var pattern = new byte[3 + dice.Below(10)];
        dice.Fill(pattern);
        return pattern;
    }
}
