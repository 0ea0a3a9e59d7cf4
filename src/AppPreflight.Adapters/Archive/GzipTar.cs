using System.Buffers.Binary;

namespace AppPreflight.Archive;

/// <summary>Unpacks gzip with ISA-L: members in a row, each with its header, its CRC and its size proved, and nothing else behind the last.</summary>
/// <remarks>What it refuses <see cref="ManagedGzipTar"/> refuses too, and the other way round; docs/decisions/0020 names the one exception.</remarks>
internal sealed class GzipTar(PackedBytes packed) : ReadOnlyStream
{
    private readonly IsalInflate inflate = new();
    private readonly GzipHeader header = new();
    private readonly byte[] trailer = new byte[8];
    private ReadOnlyMemory<byte> input;
    private uint size;
    private bool isInMember;
    private bool hasEnded;

    /// <exception cref="InvalidDataException">No gzip, cut, or something else behind its end.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var filled = 0;
        while (filled < buffer.Length && !hasEnded)
        {
            if (!isInMember) await BeginAsync(cancellationToken);
            else if (inflate.IsFinished) await EndAsync(cancellationToken);
            else filled += await InflateAsync(buffer[filled..], cancellationToken);
        }

        return filled;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) inflate.Dispose();
        base.Dispose(disposing);
    }

    private async ValueTask<int> InflateAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var (taken, made) = inflate.Step(input.Span, buffer.Span);
        input = input[taken..];
        size += (uint)made;
        if (taken > 0 || made > 0 || inflate.IsFinished) return made;
        // nothing more comes out of what it has: only more input helps
        if (!input.IsEmpty) throw new InvalidDataException("the gzip stream is damaged");
        return await FetchAsync(cancellationToken) ? 0 : throw Cut();
    }

    private async ValueTask BeginAsync(CancellationToken cancellationToken)
    {
        if (!await FetchAsync(cancellationToken))
        {
            hasEnded = true;
            return;
        }

        header.Reset();
        while (!header.IsComplete)
        {
            if (!await FetchAsync(cancellationToken)) throw Cut();
            input = input[header.Read(input.Span)..];
        }

        inflate.Reset();
        (size, isInMember) = (0, true);
    }

    private async ValueTask EndAsync(CancellationToken cancellationToken)
    {
        // what the library has read ahead, eight bytes at most, is never more than the trailer
        var count = inflate.TakeRest(trailer);
        while (count < trailer.Length)
        {
            if (!await FetchAsync(cancellationToken)) throw Cut();
            var more = Math.Min(trailer.Length - count, input.Length);
            input[..more].CopyTo(trailer.AsMemory(count));
            (input, count) = (input[more..], count + more);
        }

        if (BinaryPrimitives.ReadUInt32LittleEndian(trailer) != inflate.Crc || BinaryPrimitives.ReadUInt32LittleEndian(trailer.AsSpan(4)) != size)
            throw new InvalidDataException("the gzip stream does not have the CRC or the size that its end names");
        isInMember = false;
    }

    /// <returns>False at the end.</returns>
    private async ValueTask<bool> FetchAsync(CancellationToken cancellationToken)
    {
        if (input.IsEmpty) input = await packed.NextAsync(cancellationToken);
        return !input.IsEmpty;
    }

    private static InvalidDataException Cut() => new("the gzip stream is cut");
}
