using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace AppPreflight.Archive;

/// <summary>One raw deflate stream after the other, inflated by Debian's ISA-L (libisal2). Holds 85 KiB of native memory.</summary>
/// <remarks>
/// Source: isa-l/igzip_lib.h of 2.30 (Debian 12) and 2.31 (Debian 13), struct inflate_state and isal_inflate. The struct is the caller's,
/// so its layout is part of the ABI; <see cref="IsUsable"/> tries it before it is trusted.
/// </remarks>
internal sealed unsafe partial class IsalInflate : IDisposable
{
    public const string Library = "libisal.so.2";

    // room for a struct that has grown: a library with another layout must fail the trial, not write behind its end
    private const nuint StateBytes = 256 << 10;
    private const uint CountCrc = 2;
    private const uint Finished = 5;

    private State* state;

    public IsalInflate()
    {
        state = (State*)NativeMemory.AllocZeroed(StateBytes);
        Init(state);
        state->CrcFlag = CountCrc;
    }

    /// <summary>Whether the library is there and inflates two members, fed in pieces, to what they are.</summary>
    public static bool IsUsable { get; } = NativeLibrary.TryLoad(Library, out _) && IsTrialGood();

    /// <summary>The stream has ended and its last byte was handed out.</summary>
    public bool IsFinished => state->BlockState == Finished;

    /// <summary>CRC-32 of what was handed out, as a gzip trailer holds it.</summary>
    public uint Crc => state->Crc;

    /// <summary>Bytes taken in that lie behind the end of the stream; they come before whatever was not taken.</summary>
    public int TakeRest(Span<byte> rest)
    {
        var count = state->ReadInLength / 8;
        Span<byte> bits = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bits, state->ReadIn >> (state->ReadInLength % 8));
        bits[..count].CopyTo(rest);
        return count;
    }

    /// <summary>Ready for the next stream.</summary>
    public void Reset() => Reset(state);

    /// <returns>Bytes taken and bytes made; none of both: more input is needed.</returns>
    /// <exception cref="InvalidDataException">This is no deflate stream.</exception>
    public (int Taken, int Made) Step(ReadOnlySpan<byte> input, Span<byte> output)
    {
        fixed (byte* from = input, to = output)
        {
            state->NextIn = from;
            state->AvailIn = (uint)input.Length;
            state->NextOut = to;
            state->AvailOut = (uint)output.Length;
            return Inflate(state) == 0
                ? (input.Length - (int)state->AvailIn, output.Length - (int)state->AvailOut)
                : throw new InvalidDataException("the gzip stream is damaged");
        }
    }

    public void Dispose()
    {
        NativeMemory.Free(state);
        state = null;
    }

    private static bool IsTrialGood()
    {
        var text = new byte[200_000];
        RandomNumberGenerator.Fill(text.AsSpan(50_000, 50_000));
        using var packed = new MemoryStream();
        using (var deflate = new DeflateStream(packed, CompressionLevel.Fastest, leaveOpen: true)) deflate.Write(text);
        var length = (int)packed.Length;
        // twelve bytes that are not of the stream: none may get lost, whatever was read ahead
        packed.Write("behind it..."u8);
        try
        {
            using var inflate = new IsalInflate();
            return Try(inflate, packed.ToArray(), length, text) && Try(inflate, packed.ToArray(), length, text);
        }
        catch (Exception e) when (e is InvalidDataException or ArgumentException or TypeLoadException)
        {
            // not this stream, not this layout, or not these functions (EntryPointNotFoundException)
            return false;
        }
    }

    private static bool Try(IsalInflate inflate, byte[] packed, int length, byte[] text)
    {
        inflate.Reset();
        var made = new byte[text.Length + 1];
        var (from, to) = (0, 0);
        // every step is bounded by the two buffers, and one without progress ends the trial
        while (!inflate.IsFinished)
        {
            var (taken, more) = inflate.Step(packed.AsSpan(from, Math.Min(1000, packed.Length - from)), made.AsSpan(to, Math.Min(7000, made.Length - to)));
            if (taken is < 0 or > 1000 || more is < 0 or > 7000 || (taken == 0 && more == 0)) return false;
            (from, to) = (from + taken, to + more);
        }

        Span<byte> rest = stackalloc byte[8];
        var count = inflate.TakeRest(rest);
        return to == text.Length && made.AsSpan(0, to).SequenceEqual(text) && from - count == length
            && inflate.Crc == Crc32(0, text) && rest[..count].SequenceEqual(packed.AsSpan(length, count));
    }

    /// <summary>The CRC-32 of gzip, continued.</summary>
    public static uint Crc32(uint crc, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* from = bytes) return Crc32(crc, from, (ulong)bytes.Length);
    }

    [LibraryImport(Library, EntryPoint = "isal_inflate_init")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void Init(State* state);

    [LibraryImport(Library, EntryPoint = "isal_inflate_reset")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void Reset(State* state);

    [LibraryImport(Library, EntryPoint = "isal_inflate")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Inflate(State* state);

    [LibraryImport(Library, EntryPoint = "crc32_gzip_refl")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial uint Crc32(uint crc, byte* bytes, ulong length);

    /// <summary>The fields of struct inflate_state (87368 bytes) that a caller needs; the tables between them are the library's.</summary>
    [StructLayout(LayoutKind.Explicit)]
    private struct State
    {
        [FieldOffset(0)]
        public byte* NextOut;

        [FieldOffset(8)]
        public uint AvailOut;

        [FieldOffset(16)]
        public byte* NextIn;

        [FieldOffset(24)]
        public ulong ReadIn;

        [FieldOffset(32)]
        public uint AvailIn;

        [FieldOffset(36)]
        public int ReadInLength;

        [FieldOffset(21160)]
        public uint BlockState;

        [FieldOffset(21172)]
        public uint CrcFlag;

        [FieldOffset(21176)]
        public uint Crc;
    }
}
