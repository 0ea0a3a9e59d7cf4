using AppPreflight.Images;

namespace AppPreflight.Layouts;

/// <summary>One file among those of a copy, open at its beginning.</summary>
internal sealed record HeldFile(Stream Content, long SizeBytes) : IAsyncDisposable
{
    public ValueTask DisposeAsync() => Content.DisposeAsync();
}

/// <summary>The files of a copy by their names, whether they lie in a folder or in a tar. One is open at a time.</summary>
internal abstract class HeldFiles(Complaint complaint) : IAsyncDisposable
{
    public Complaint Complaint { get; } = complaint;

    /// <returns>Null if there is no regular file of that name.</returns>
    /// <exception cref="Ports.SourceException">From here and from reading.</exception>
    public abstract ValueTask<HeldFile?> OpenAsync(string name, CancellationToken cancellationToken);

    /// <summary>Equal for names of one file; in ordinal order the files are read fastest. Null if there is none of that name.</summary>
    public abstract string? PlaceOf(string name);

    public abstract ValueTask DisposeAsync();

    /// <returns>Null if there is none.</returns>
    /// <exception cref="Ports.SourceException">Malformed: larger than <paramref name="mostBytes"/>.</exception>
    public async Task<byte[]?> ReadAsync(string name, int mostBytes, ImagePart part, CancellationToken cancellationToken)
    {
        await using var file = await OpenAsync(name, cancellationToken);
        if (file is null) return null;
        if (file.SizeBytes > mostBytes) throw Complaint.Of(Fault.Malformed, part, $"has a {Oci.Quote.Short(name)} of {file.SizeBytes} bytes, more than the {mostBytes >> 20} MiB allowed");
        var bytes = new byte[file.SizeBytes];
        var count = await file.Content.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken);
        return count == bytes.Length ? bytes : throw Complaint.Of(Fault.Malformed, part, $"ends in the middle of {Oci.Quote.Short(name)}");
    }
}
