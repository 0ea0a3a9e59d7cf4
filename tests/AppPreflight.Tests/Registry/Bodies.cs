using System.Net;
using AppPreflight.Oci;

namespace AppPreflight.Registry;

/// <summary>Layers without a server: bytes in memory as the readers take them from the network.</summary>
internal static class Bodies
{
    /// <returns>All that <paramref name="open"/>'s stream gives in reads of at most <paramref name="readBytes"/>; null where it refuses.</returns>
    public static async Task<byte[]?> UnpackAsync(byte[] packed, Func<PackedBody, Stream> open, int chunkBytes, int readBytes)
    {
        using var endpoint = new RegistryEndpoint("memory", ["http"], 1);
        using var body = new ResumableBody((_, _) => Task.FromResult(Answer(packed, endpoint)), Pulls.Quick, TimeProvider.System);
        await using var source = new PackedBody(body, new(MediaType.DockerLayerGzip, Digest.Of([]), packed.Length), null, new(), chunkBytes);
        await using var tar = open(source);
        var buffer = new byte[readBytes];
        using var all = new MemoryStream();
        try
        {
            while (await tar.ReadAsync(buffer) is > 0 and var count) all.Write(buffer, 0, count);
        }
        catch (InvalidDataException)
        {
            return null;
        }

        return all.ToArray();
    }

    private static Answer Answer(byte[] body, RegistryEndpoint endpoint) =>
        new(new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent(body) }, endpoint, new MemoryStream());
}
