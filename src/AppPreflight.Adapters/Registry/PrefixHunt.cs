using System.Security.Cryptography;
using AppPreflight.Oci;

namespace AppPreflight.Registry;

/// <summary>Finds out of how many first bytes a document should have consisted.</summary>
internal static class PrefixHunt
{
    /// <returns>Null when no number of them has the promised digest.</returns>
    public static int? Find(ReadOnlySpan<byte> bytes, Digest promised)
    {
        var wanted = Convert.FromHexString(promised.Hex);
        Span<byte> found = stackalloc byte[wanted.Length];
        using var hash = IncrementalHash.CreateHash(promised.HashName);
        for (var size = 0; size < bytes.Length; size++)
        {
            hash.GetCurrentHash(found);
            if (found.SequenceEqual(wanted)) return size;
            hash.AppendData(bytes.Slice(size, 1));
        }

        return null;
    }
}
