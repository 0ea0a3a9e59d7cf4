using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Ports;

namespace AppPreflight.Docker;

/// <summary>What the engine answered in place of what was asked, as the faults the rest of the program knows.</summary>
internal static partial class DockerErrors
{
    private const int LongestSentence = 600;

    // Sentences of 20.10 and of the containerd store that are about bytes on this host's disk. The first three are the engine's
    // own checks (tar-split asm, layer/ro_layer.go, image/fs.go); the rest is what the kernel and the decoders say of damaged files.
    private static readonly string[] damageWords =
    [
        "file integrity checksum failed", "could not verify layer data", "failed to verify", "failed to get digest",
        "unexpected EOF", "no such file or directory", "not a directory", "input/output error", "structure needs cleaning",
        "bad message", "gzip: ", "flate: ", "invalid character", "unexpected end of JSON", "layer does not exist",
        "archive/tar", "illegal base64", "unexpected commit digest", "content digest",
    ];

    /// <summary>An answer other than success.</summary>
    public static SourceException OfStatus(HttpStatusCode status, string sentence, string act) =>
        new(Source.Engine, FaultOf(status, sentence), $"the engine would not {act}: {sentence}");

    /// <summary>A connection that could not be made, or was lost.</summary>
    public static SourceException OfConnection(DockerHost host, Exception inner) => SocketErrorOf(inner) is SocketError.AccessDenied
        ? new(Source.Engine, Fault.Denied, $"no permission for the Docker engine at {host}: run as root or join the group docker", inner)
        : new(Source.Engine, Fault.Unreachable, $"the Docker engine does not answer at {host}: is docker.service running?", inner);

    public static SourceException OfSilence(DockerHost host, TimeSpan limit, Exception inner) =>
        new(Source.Engine, Fault.Unreachable, $"the Docker engine at {host} took a request and did not answer within {limit.TotalSeconds:0.#} s", inner);

    public static SourceException OfCut(DockerHost host, string act, Exception? inner) =>
        new(Source.Engine, Fault.Unreachable, $"the Docker engine at {host} broke off while it was to {act}", inner);

    public static SourceException OfGarbage(string what, Exception? inner) =>
        new(Source.Engine, Fault.Malformed, $"the engine's answer to {what} can't be read{(inner is null ? "" : ": " + Quote.Short(inner.Message))}", inner);

    /// <summary>Why the engine could not read its own copy of <paramref name="image"/> out; the subject is the file or digest it names.</summary>
    public static SourceFault OfExport(string image, HttpStatusCode status, string sentence)
    {
        var fault = status == HttpStatusCode.NotFound ? Fault.Missing : IsDamage(sentence) ? Fault.Corrupt : Fault.Refused;
        var room = IsFull(sentence) ? " (to read an image out, the engine first writes a copy of it below its data root)" : "";
        return new(Source.Engine, fault, $"the engine cannot read its own copy of {image} out: {sentence}{room}")
        {
            Subject = FileOrDigest(sentence) ?? image,
        };
    }

    /// <summary>The engine's sentence, fit for a terminal.</summary>
    public static string Clean(string sentence) => Quote.Short(sentence.Trim(), LongestSentence).Trim();

    private static bool IsFull(string sentence) => sentence.Contains("no space left on device", StringComparison.Ordinal);

    // moby image/tarexport/save.go, TempDir "docker-export-": the copy being written, not the image being read
    private static bool IsAboutCopy(string sentence) => sentence.Contains("docker-export-", StringComparison.Ordinal);

    private static bool IsDamage(string sentence) =>
        !IsFull(sentence) && !IsAboutCopy(sentence) && Array.Exists(damageWords, word => sentence.Contains(word, StringComparison.Ordinal));

    private static string? FileOrDigest(string sentence)
    {
        if (FileName().Match(sentence) is { Success: true } file) return file.Groups["name"].Value;
        return DigestText().Match(sentence) is { Success: true } digest ? digest.Value : null;
    }

    private static Fault FaultOf(HttpStatusCode status, string sentence) => status switch
    {
        HttpStatusCode.NotFound => Fault.Missing,
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => Fault.Denied,
        HttpStatusCode.BadRequest when sentence.StartsWith("client version ", StringComparison.Ordinal) => Fault.Unsupported,
        _ => Fault.Refused,
    };

    private static SocketError? SocketErrorOf(Exception? exception)
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            if (exception is SocketException socket) return socket.SocketErrorCode;
        }

        return null;
    }

    [GeneratedRegex("(?:checksum failed for \"(?<name>[^\"]+)\"|(?:open|lstat|readlink|read) (?<name>/[^:]+):)", RegexOptions.CultureInvariant)]
    private static partial Regex FileName();

    [GeneratedRegex("sha256:[0-9a-f]{64}", RegexOptions.CultureInvariant)]
    private static partial Regex DigestText();
}
