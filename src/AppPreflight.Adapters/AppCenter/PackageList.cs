using System.Collections.Immutable;
using System.Text;

namespace AppPreflight.AppCenter;

/// <summary>The Debian packages of which a version is installed, as apt takes them from dpkg's status file.</summary>
/// <remarks>Source: deb-status fields "Package" and "Status: want flag state"; apt, ParseStatus (not-installed and config-files have no version).</remarks>
internal static class PackageList
{
    public const long MaxBytes = 256L * 1024 * 1024;
    private const int MaxLine = 1 << 20;

    public static ImmutableHashSet<string> Read(Stream? status, CancellationToken cancellationToken)
    {
        var packages = ImmutableHashSet.CreateBuilder<string>(StringComparer.Ordinal);
        if (status is null)
            return packages.ToImmutable();
        var lines = new LineBuffer(status, MaxLine);
        string? package = null;
        while (lines.Next(out var line))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (line.IsEmpty)
                package = null;
            else if (line.StartsWith("Package: "u8))
                package = Encoding.UTF8.GetString(line["Package: "u8.Length..].Trim((byte)' '));
            else if (package is not null && line.StartsWith("Status: "u8) && HasVersion(line))
                packages.Add(package);
        }

        return packages.ToImmutable();
    }

    private static bool HasVersion(ReadOnlySpan<byte> line)
    {
        var status = line.TrimEnd((byte)' ');
        var state = status[(status.LastIndexOf((byte)' ') + 1)..];
        return !state.SequenceEqual("not-installed"u8) && !state.SequenceEqual("config-files"u8);
    }

    /// <summary>Lines of a stream, one at a time, in one buffer; a line beyond the limit is cut, for no field of interest is that long.</summary>
    private sealed class LineBuffer(Stream stream, int maxLine)
    {
        private byte[] buffer = new byte[64 * 1024];
        private int start;
        private int end;

        public bool Next(out ReadOnlySpan<byte> line)
        {
            while (true)
            {
                var length = buffer.AsSpan(start, end - start).IndexOf((byte)'\n');
                if (length >= 0)
                {
                    line = buffer.AsSpan(start, length);
                    start += length + 1;
                    return true;
                }

                if (Fill())
                    continue;
                line = buffer.AsSpan(start, end - start);
                start = end;
                return !line.IsEmpty;
            }
        }

        private bool Fill()
        {
            buffer.AsSpan(start, end - start).CopyTo(buffer);
            (start, end) = (0, end - start);
            if (end == buffer.Length)
                MakeRoom();
            var got = stream.Read(buffer, end, buffer.Length - end);
            end += got;
            return got > 0;
        }

        private void MakeRoom()
        {
            if (buffer.Length >= maxLine)
                end = maxLine / 2;
            else
                Array.Resize(ref buffer, buffer.Length * 2);
        }
    }
}
