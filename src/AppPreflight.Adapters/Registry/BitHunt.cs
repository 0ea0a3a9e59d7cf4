using System.Security.Cryptography;
using AppPreflight.Oci;

namespace AppPreflight.Registry;

/// <summary>Turns each bit of a small document back, one at a time, until the promised digest comes out.</summary>
internal static class BitHunt
{
    /// <summary>Of this size it takes a second or two: 131072 digests, each of the half on average.</summary>
    public const int MaxBytes = 16 << 10;

    /// <returns>The byte, and the bit of it that is wrong; null when it is not one bit.</returns>
    public static (int Offset, int Bit)? Find(ReadOnlySpan<byte> bytes, Digest promised, CancellationToken cancellationToken)
    {
        if (bytes.Length > MaxBytes) return null;
        var wanted = Convert.FromHexString(promised.Hex);
        Span<byte> found = stackalloc byte[wanted.Length];
        // what lies before the byte in question is hashed once for all its bits
        using var before = IncrementalHash.CreateHash(promised.HashName);
        for (var at = 0; at < bytes.Length; at++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            for (var bit = 0; bit < 8; bit++)
            {
                using var whole = before.Clone();
                whole.AppendData([(byte)(bytes[at] ^ (1 << bit))]);
                whole.AppendData(bytes[(at + 1)..]);
                whole.GetHashAndReset(found);
                if (found.SequenceEqual(wanted)) return (at, bit);
            }

            before.AppendData(bytes.Slice(at, 1));
        }

        return null;
    }
}
