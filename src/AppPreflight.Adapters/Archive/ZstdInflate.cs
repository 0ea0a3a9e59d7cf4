using System.Runtime.InteropServices;

namespace AppPreflight.Archive;

/// <summary>A frame needs more memory than this program gives it.</summary>
internal sealed class ZstdWindowException() : Exception($"a zstd frame of it needs a window of more than {1 << (ZstdInflate.WindowLog - 20)} MiB");

/// <summary>Zstd frames, one after the other, by Debian's libzstd.</summary>
/// <remarks>Source: zstd.h and zstd_errors.h of 1.5, the stable part; RFC 8878.</remarks>
internal sealed unsafe partial class ZstdInflate : IDisposable
{
    public const string Library = "libzstd.so.1";

    /// <summary>128 MiB, as the zstd program itself allows; <c>--ultra -22</c> needs it, only <c>--long=28</c> and above more.</summary>
    public const int WindowLog = 27;

    private const int WindowLogMax = 100;
    private const int WindowTooLarge = 16;

    private nint context = Create();

    public ZstdInflate()
    {
        if (context == 0 || IsError(SetParameter(context, WindowLogMax, WindowLog)) != 0)
            throw new InvalidOperationException($"{Library} gives no decoder");
    }

    /// <summary>Whether the library is there.</summary>
    public static bool IsUsable { get; } = NativeLibrary.TryLoad(Library, out _);

    /// <summary>Inside a frame: the end of the bytes would be a cut.</summary>
    public bool IsInFrame { get; private set; }

    /// <summary>Memory this decoder holds; a frame's window is part of it from its header on.</summary>
    public long MemoryBytes => (long)SizeOf(context);

    /// <returns>Bytes taken and bytes made; none of both: more input is needed.</returns>
    /// <exception cref="InvalidDataException">This is no zstd frame.</exception>
    /// <exception cref="ZstdWindowException">Its window is too large.</exception>
    public (int Taken, int Made) Step(ReadOnlySpan<byte> input, Span<byte> output)
    {
        fixed (byte* source = input, target = output)
        {
            var from = new Part { Start = source, Length = (nuint)input.Length };
            var to = new Part { Start = target, Length = (nuint)output.Length };
            var hint = Decompress(context, ref to, ref from);
            if (IsError(hint) != 0)
                throw GetErrorCode(hint) == WindowTooLarge ? new ZstdWindowException() : new InvalidDataException("the zstd stream is damaged, or has something else behind its end");
            // zero: a frame is complete and all of it handed out
            if (from.At > 0 || to.At > 0) IsInFrame = hint != 0;
            return ((int)from.At, (int)to.At);
        }
    }

    public void Dispose()
    {
        // the library takes zero for nothing
        _ = Free(context);
        context = 0;
    }

    [LibraryImport(Library, EntryPoint = "ZSTD_createDCtx")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Create();

    [LibraryImport(Library, EntryPoint = "ZSTD_freeDCtx")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nuint Free(nint context);

    [LibraryImport(Library, EntryPoint = "ZSTD_sizeof_DCtx")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nuint SizeOf(nint context);

    [LibraryImport(Library, EntryPoint = "ZSTD_DCtx_setParameter")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nuint SetParameter(nint context, int parameter, int value);

    [LibraryImport(Library, EntryPoint = "ZSTD_decompressStream")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nuint Decompress(nint context, ref Part output, ref Part input);

    [LibraryImport(Library, EntryPoint = "ZSTD_isError")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial uint IsError(nuint answer);

    [LibraryImport(Library, EntryPoint = "ZSTD_getErrorCode")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int GetErrorCode(nuint answer);

    /// <summary>ZSTD_inBuffer and ZSTD_outBuffer.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Part
    {
        public byte* Start;
        public nuint Length;
        public nuint At;
    }
}
