namespace AppPreflight.Fuzz;

/// <summary>Marsaglia's xorshift64*: cheap to start anew for each input, and the same everywhere for ever.</summary>
internal sealed class Dice
{
    private ulong state;

    /// <summary>Each pair throws a series of its own.</summary>
    public Dice(ulong seed, long number)
    {
        state = Mix(Mix(seed + 0x9E3779B97F4A7C15) + (ulong)number) | 1;
    }

    /// <summary>From 0 to below <paramref name="end"/>.</summary>
    public int Below(int end) => (int)((Next() >> 33) % (uint)end);

    public bool OneIn(int times) => Below(times) == 0;

    public byte Byte() => (byte)(Next() >> 40);

    public T Of<T>(IReadOnlyList<T> all) => all[Below(all.Count)];

    private ulong Next()
    {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        return state * 0x2545F4914F6CDD1D;
    }

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
