using AppPreflight.Archive;
using AppPreflight.Images;
using AppPreflight.Ports;

namespace AppPreflight.Layouts;

/// <summary>An archive's tar, to be read on from any place in it.</summary>
internal abstract class TarBytes(Stream file, Complaint complaint) : IAsyncDisposable
{
    private const int StartBytes = 8;

    /// <summary>Where the next bytes lie in the tar.</summary>
    public long At { get; protected set; }

    public Complaint Complaint { get; } = complaint;

    /// <summary>Going back costs as much as reading all that lies before.</summary>
    public abstract bool IsPacked { get; }

    protected Stream File { get; } = file;

    /// <param name="file">Can seek; closed with what is returned.</param>
    /// <exception cref="SourceException">Unreachable: it can't be read.</exception>
    public static async Task<TarBytes> OverAsync(Stream file, Unpacking unpacking, UnpackLimits limits, Complaint complaint, CancellationToken cancellationToken)
    {
        var start = new byte[StartBytes];
        var count = await new FileSlice(file, 0, StartBytes, isOwner: false, complaint).ReadAsync(start, cancellationToken);
        var packing = Packings.Detect(start.AsSpan(0, count));
        return packing == Packing.None ? new PlainTar(file, complaint) : new PackedTar(file, packing, unpacking, limits, complaint);
    }

    /// <returns>0 at the end.</returns>
    public abstract ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken);

    /// <exception cref="SourceException">Malformed: the tar ends before that.</exception>
    public abstract ValueTask GoToAsync(long place, CancellationToken cancellationToken);

    public virtual ValueTask DisposeAsync() => File.DisposeAsync();

    public SourceException Cut() => Complaint.Of(Fault.Malformed, "is cut: it ends in the middle of a file it holds");
}

internal sealed class PlainTar(Stream file, Complaint complaint) : TarBytes(file, complaint)
{
    public override bool IsPacked => false;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var slice = new FileSlice(File, At, long.MaxValue, isOwner: false, Complaint);
        var count = await slice.ReadAsync(buffer, cancellationToken);
        At += count;
        return count;
    }

    public override ValueTask GoToAsync(long place, CancellationToken cancellationToken)
    {
        if (place > File.Length) throw Cut();
        At = place;
        return ValueTask.CompletedTask;
    }
}

/// <summary>A tar of which every byte is unpacked on the way to a place, as often as somebody goes back.</summary>
internal sealed class PackedTar(Stream file, Packing packing, Unpacking unpacking, UnpackLimits limits, Complaint complaint) : TarBytes(file, complaint)
{
    private readonly byte[] passed = new byte[FileBytes.BufferBytes];
    private FileBytes? packed;
    private Stream? tar;

    public override bool IsPacked => true;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (tar is null) await RewindAsync();
        try
        {
            var count = await tar!.ReadAsync(buffer, cancellationToken);
            At += count;
            Demand();
            return count;
        }
        catch (Exception fault) when (fault is InvalidDataException or ZstdWindowException)
        {
            throw Complaint.Of(fault is InvalidDataException ? Fault.Malformed : Fault.Unsupported, $"can't be unpacked: {Oci.Quote.Short(fault.Message, 120)}", fault);
        }
    }

    public override async ValueTask GoToAsync(long place, CancellationToken cancellationToken)
    {
        if (place < At) await RewindAsync();
        while (At < place)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (await ReadAsync(passed.AsMemory(0, (int)Math.Min(passed.Length, place - At)), cancellationToken) == 0) throw Cut();
        }
    }

    public override async ValueTask DisposeAsync()
    {
        if (tar is not null) await tar.DisposeAsync();
        if (packed is not null) await packed.DisposeAsync();
        await base.DisposeAsync();
    }

    private async ValueTask RewindAsync()
    {
        if (tar is not null) await tar.DisposeAsync();
        if (packed is not null) await packed.DisposeAsync();
        packed = new(new FileSlice(File, 0, long.MaxValue, isOwner: false, Complaint));
        tar = packing.Open(packed, unpacking) ?? throw Complaint.Of(Fault.Unsupported, $"is {packing.Refusal()}");
        At = 0;
    }

    // the bounds of a layer: see UnpackLimits
    private void Demand()
    {
        if (At > limits.TarBytes || (At > limits.BombBytes && (At - limits.BombBytes) / limits.BombRatio > packed!.SizeBytes))
            throw Complaint.Of(Fault.Unsupported, $"looks like a bomb: {packed!.SizeBytes} bytes unpack to more than {At}");
    }
}
