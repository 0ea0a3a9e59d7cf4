using System.Formats.Tar;
using System.Security.Cryptography;

namespace AppPreflight.Rehearsal;

/// <summary>Whether an engine holds an image complete: its export is read through, and every part of it hashed by us.</summary>
internal static class ImageProof
{
    /// <summary>Null if config and all layers are there with the right digests, else what is wrong, as one sentence.</summary>
    public static async Task<string?> FaultAsync(
        Engine engine, string reference, BuiltImage wanted, CancellationToken cancellationToken)
    {
        var path = Path.Combine(engine.Folder, $"export-{Guid.NewGuid():N}.tar");
        try
        {
            await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose);
            await engine.Api.ExportAsync(reference, file, cancellationToken);
            file.Position = 0;
            var found = await DigestsAsync(file, cancellationToken);
            if (!found.Contains(wanted.ConfigDigest)) return $"{reference}: its config is not {wanted.ConfigDigest}";
            var missing = wanted.Layers.FirstOrDefault(layer => !found.Contains(layer.DiffId));
            return missing is null ? null : $"{reference}: layer {missing.DiffId} is missing or altered";
        }
        catch (EngineRefusedException refused)
        {
            return $"{reference}: {refused.Message}";
        }
    }

    private static async Task<HashSet<string>> DigestsAsync(Stream archive, CancellationToken cancellationToken)
    {
        var digests = new HashSet<string>(StringComparer.Ordinal);
        await using var reader = new TarReader(archive, leaveOpen: true);
        while (await reader.GetNextEntryAsync(copyData: false, cancellationToken) is { } entry)
        {
            if (entry.DataStream is not { } content) continue;
            digests.Add("sha256:" + Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancellationToken)));
        }

        return digests;
    }
}
