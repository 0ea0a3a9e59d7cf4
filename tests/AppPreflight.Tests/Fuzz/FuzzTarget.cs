using System.Text;

namespace AppPreflight.Fuzz;

/// <summary>One parser and what may be asked of it, whatever it is fed.</summary>
/// <param name="Name">Also the corpus folder, and the name in a failure.</param>
/// <param name="Try">Feeds it; throws what the parser throws, or <see cref="BrokenPropertyException"/> where its answer contradicts itself.</param>
internal sealed record FuzzTarget(string Name, Action<byte[]> Try)
{
    /// <summary>What the parser's doc comment says it throws; anything else is a defect.</summary>
    public IReadOnlyList<Type> Allowed { get; init; } = [typeof(FormatException)];

    /// <summary>Pieces of the format that chance would not find, separated by blanks; written in C#'s escapes where needed.</summary>
    public string Words { get; init; } = "a";

    /// <summary>Bytes of the longest input made.</summary>
    public int Longest { get; init; } = 64 << 10;

    /// <summary>Bytes that may be allocated for one input, all in all.</summary>
    public long MostAllocated { get; init; } = 64L << 20;

    /// <summary>Puts checksums right again, so that the reader gets past them; seven of eight inputs go through it.</summary>
    public Func<byte[], byte[]> Mend { get; init; } = static bytes => bytes;

    public IReadOnlyList<byte[]> WordList => [.. Words.Split(' ').Select(Encoding.UTF8.GetBytes), "\n"u8.ToArray(), " "u8.ToArray()];

    /// <summary>Folder of samples below corpus.</summary>
    public string Corpus { get; init; } = Name;

    /// <summary>How many inputs <c>make test</c> takes.</summary>
    public int InTest { get; init; } = 3000;

    public byte[] InputOf(Mutator mutator, long number) => number % 8 == 7 ? mutator.Make(number) : Mend(mutator.Make(number));

    public bool Allows(Exception fault) => Allowed.Any(type => type.IsInstanceOfType(fault));

    public override string ToString() => Name;
}

/// <summary>A parser's answer contradicts what it was given, or itself.</summary>
internal sealed class BrokenPropertyException(string message) : Exception(message);

/// <summary>What holds of an answer.</summary>
internal static class Hold
{
    public static void Equal<T>(T found, T expected, string what)
    {
        if (!EqualityComparer<T>.Default.Equals(found, expected)) throw new BrokenPropertyException($"{what}: {Shown(found)} is not {Shown(expected)}");
    }

    public static void Same(ReadOnlySpan<byte> found, ReadOnlySpan<byte> expected, string what)
    {
        if (!found.SequenceEqual(expected)) throw new BrokenPropertyException($"{what}: {Shown(Encoding.UTF8.GetString(found))} is not {Shown(Encoding.UTF8.GetString(expected))}");
    }

    public static void True(bool holds, string what)
    {
        if (!holds) throw new BrokenPropertyException(what);
    }

    private static string Shown(object? value) => value?.ToString() is { } text ? text.Length > 2000 ? text[..2000] + "..." : text : "null";
}
