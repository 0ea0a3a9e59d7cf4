namespace AppPreflight.Archive;

/// <summary>
/// A name of a tar as the engine places it: filepath.Clean, then filepath.Join with the root. "." and empty components vanish, ".." takes the
/// component before it, and at the root nothing: the engine unpacks in a chroot whose "/" is the layer's folder.
/// </summary>
internal sealed class CleanName
{
    /// <summary>PATH_MAX of the kernel without its NUL and the slash in front.</summary>
    public const int MaxPathBytes = 4094;

    /// <summary>NAME_MAX of all file systems an engine stores layers on.</summary>
    public const int MaxPartBytes = 255;

    private readonly List<Range> parts = [];
    private byte[] name = [];

    public int Count => parts.Count;

    /// <summary>The name cleaned is "." itself, which the engine passes over; "/" and ".." are the root as well, but count.</summary>
    public bool IsDot { get; private set; }

    public ReadOnlySpan<byte> Last => this[parts.Count - 1];

    public ReadOnlySpan<byte> this[int index] => name.AsSpan(parts[index]);

    /// <exception cref="InvalidDataException">The kernel would refuse the name.</exception>
    public void Set(byte[] written)
    {
        name = written;
        parts.Clear();
        IsDot = written is not [(byte)'/', ..];
        if (written.AsSpan().Contains((byte)0)) throw Refused("has a NUL");
        for (var start = 0; start <= written.Length;)
        {
            var slash = written.AsSpan(start).IndexOf((byte)'/');
            var end = slash < 0 ? written.Length : start + slash;
            Add(start, end);
            start = end + 1;
        }

        IsDot = IsDot && parts.Count == 0;
        CheckLength();
    }

    private void Add(int start, int end)
    {
        var part = name.AsSpan(start, end - start);
        if (part.IsEmpty || part.SequenceEqual("."u8)) return;
        if (!part.SequenceEqual(".."u8)) parts.Add(start..end);
        else if (parts.Count > 0) parts.RemoveAt(parts.Count - 1);
        else IsDot = false;
    }

    private void CheckLength()
    {
        var bytes = parts.Count - 1;
        foreach (var part in parts)
        {
            var length = part.End.Value - part.Start.Value;
            if (length > MaxPartBytes && !IsLongWhiteout(part)) throw Refused("is too long");
            bytes += length;
        }

        if (bytes > MaxPathBytes) throw Refused("is too long");
    }

    // a whiteout never gets its own name on disk: what it hides may be as long as any (overlayWhiteoutConverter.ConvertRead)
    private bool IsLongWhiteout(Range part) =>
        part.Equals(parts[^1]) && name.AsSpan(part) is var last && last.StartsWith(".wh."u8) && last.Length <= MaxPartBytes + ".wh.".Length;

    private InvalidDataException Refused(string why) => new($"The layer's name {LayerPath.Show(name.AsSpan(0, Math.Min(name.Length, 120)))} {why}.");
}
