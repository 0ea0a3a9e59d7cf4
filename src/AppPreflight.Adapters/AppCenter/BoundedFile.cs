using AppPreflight.Ports;

namespace AppPreflight.AppCenter;

/// <summary>Reads a file of this host whole, but never more than its kind can reasonably have.</summary>
internal static class BoundedFile
{
    /// <returns>Null if there is no such file, or a folder in its place.</returns>
    /// <exception cref="SourceException">Too large (Malformed), not ours to read (Denied), or an input error (Unreachable).</exception>
    public static byte[]? Read(string path, int maxBytes) => Open(path, stream => ReadAll(stream, path, maxBytes));

    /// <returns>The last bytes of a file that may be much longer; null if there is none.</returns>
    /// <exception cref="SourceException">Not ours to read (Denied), or an input error (Unreachable).</exception>
    public static byte[]? ReadTail(string path, int maxBytes) => Open(path, stream =>
    {
        stream.Seek(Math.Max(0, stream.Length - maxBytes), SeekOrigin.Begin);
        var tail = new byte[maxBytes];
        return tail[..stream.ReadAtLeast(tail, maxBytes, throwOnEndOfStream: false)];
    });

    private static byte[]? Open(string path, Func<FileStream, byte[]> read)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            return read(stream);
        }
        catch (Exception absent) when (absent is FileNotFoundException or DirectoryNotFoundException || Directory.Exists(path))
        {
            return null;
        }
        catch (UnauthorizedAccessException denied)
        {
            throw new SourceException(Source.AppCenter, Fault.Denied, $"{path} can't be read: permission denied.", denied) { Subject = path };
        }
        catch (IOException broken)
        {
            throw new SourceException(Source.AppCenter, Fault.Unreachable, $"{path} can't be read: {broken.Message}", broken) { Subject = path };
        }
    }

    private static byte[] ReadAll(FileStream stream, string path, int maxBytes)
    {
        var content = new MemoryStream();
        var buffer = new byte[32 * 1024];
        for (int read = stream.Read(buffer); read > 0; read = stream.Read(buffer))
        {
            content.Write(buffer, 0, read);
            if (content.Length > maxBytes)
            {
                throw new SourceException(Source.AppCenter, Fault.Malformed, $"{path} is larger than {maxBytes} bytes.") { Subject = path };
            }
        }

        return content.ToArray();
    }
}
