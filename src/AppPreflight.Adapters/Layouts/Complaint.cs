using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Ports;

namespace AppPreflight.Layouts;

/// <summary>Says what is wrong with the folder or file that somebody named: one sentence that begins with its name.</summary>
internal sealed class Complaint(string path)
{
    private readonly string shown = Quote.Short(path);

    public SourceException Of(Fault fault, string what, Exception? inner = null) => Of(fault, ImagePart.Manifest, what, inner);

    public SourceException Of(Fault fault, ImagePart part, string what, Exception? inner = null) =>
        new(new SourceFault(Source.Files, fault, $"{shown} {what}") { Subject = path, Part = part }, inner);

    /// <summary>Bytes against what was promised of them.</summary>
    public SourceException Corrupt(ImagePart part, string what, string expected, string observed) =>
        new(new SourceFault(Source.Files, Fault.Corrupt, $"{shown} has other bytes for {what} than promised: {observed} instead of {expected}")
        {
            Subject = path,
            Part = part,
            Expected = expected,
            Observed = observed,
        });

    /// <summary>What an unpacker found, as found here.</summary>
    public SourceException Of(SourceFault fault) => new(fault with { From = Source.Files, Message = $"{shown}: {fault.Message}", Subject = path, Part = ImagePart.Layer });

    /// <summary>Reads a document whose complaints name their place.</summary>
    public T Parse<T>(ImagePart part, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (FormatException e)
        {
            throw Of(Fault.Malformed, part, $"can't be read as an image: {e.Message}", e);
        }
    }
}
