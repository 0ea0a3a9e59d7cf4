using System.Buffers.Binary;

namespace AppPreflight.LayerStore;

/// <summary>CRC-64 as Go's hash/crc64 has it with its ISO table, which is what tar-split stores of every file (big-endian).</summary>
/// <remarks>
/// Reflected polynomial 0xD800000000000000 (ISO 3309), all ones before and after. System.IO.Hashing.Crc64 is no help: its polynomial is that
/// of ECMA-182, most significant bit first, and gives another sum for the same bytes. Eight tables, eight bytes a step: files are summed only
/// after a layer's SHA-256 differs, to name them.
/// </remarks>
internal struct Crc64
{
    private const ulong Polynomial = 0xD800_0000_0000_0000;
    private const int Slices = 8;

    private static readonly ulong[] Tables = MakeTables();

    /// <summary>The sum of all bytes so far; 0 of none.</summary>
    public ulong Value { get; private set; }

    public static ulong Of(ReadOnlySpan<byte> bytes)
    {
        var sum = default(Crc64);
        sum.Append(bytes);
        return sum.Value;
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        var tables = Tables.AsSpan(0, Slices * 256);
        var sum = ~Value;
        for (; bytes.Length >= Slices; bytes = bytes[Slices..])
        {
            sum ^= BinaryPrimitives.ReadUInt64LittleEndian(bytes);
            sum = tables[0x700 + (int)(sum & 0xff)] ^ tables[0x600 + (int)((sum >> 8) & 0xff)]
                ^ tables[0x500 + (int)((sum >> 16) & 0xff)] ^ tables[0x400 + (int)((sum >> 24) & 0xff)]
                ^ tables[0x300 + (int)((sum >> 32) & 0xff)] ^ tables[0x200 + (int)((sum >> 40) & 0xff)]
                ^ tables[0x100 + (int)((sum >> 48) & 0xff)] ^ tables[(int)(sum >> 56)];
        }

        foreach (var one in bytes) sum = tables[(byte)sum ^ one] ^ (sum >> 8);
        Value = ~sum;
    }

    // table n gives what a byte still does to the sum n bytes later
    private static ulong[] MakeTables()
    {
        var tables = new ulong[Slices * 256];
        for (var index = 0; index < 256; index++)
        {
            var sum = (ulong)index;
            for (var bit = 0; bit < 8; bit++) sum = (sum & 1) == 0 ? sum >> 1 : (sum >> 1) ^ Polynomial;
            tables[index] = sum;
        }

        for (var index = 256; index < tables.Length; index++)
        {
            var before = tables[index - 256];
            tables[index] = tables[(byte)before] ^ (before >> 8);
        }

        return tables;
    }
}
