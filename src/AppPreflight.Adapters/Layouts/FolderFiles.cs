using AppPreflight.Images;

namespace AppPreflight.Layouts;

/// <summary>The files below a folder that nothing read through it leaves.</summary>
/// <remarks>The check is made on what was opened, not on the name, so a link that changes meanwhile gains nothing.</remarks>
internal sealed class FolderFiles : HeldFiles
{
    private readonly string path;
    private readonly string real;

    private FolderFiles(string path, string real, Complaint complaint)
        : base(complaint) => (this.path, this.real) = (path, real);

    /// <exception cref="Ports.SourceException">Missing, Denied.</exception>
    public static FolderFiles Open(string path)
    {
        var complaint = new Complaint(path);
        using var handle = RegularFile.Descriptor(path, complaint) ?? throw complaint.Of(Fault.Missing, "does not exist");
        return new(path, RegularFile.RealPath(handle), complaint);
    }

    public override ValueTask<HeldFile?> OpenAsync(string name, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (RegularFile.Open(Path.Join(path, name), Complaint) is not { } file) return ValueTask.FromResult<HeldFile?>(null);
        if (IsInside(file)) return ValueTask.FromResult<HeldFile?>(new(new FileSlice(file, 0, file.Length, isOwner: true, Complaint), file.Length));
        file.Dispose();
        throw Complaint.Of(Fault.Refused, $"has a link that leads out of it: {name}");
    }

    public override string PlaceOf(string name) => name;

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private bool IsInside(FileStream file) =>
        real == "/" || RegularFile.RealPath(file.SafeFileHandle).StartsWith(real + "/", StringComparison.Ordinal);
}
