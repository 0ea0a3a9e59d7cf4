using System.Globalization;
using System.Net;
using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.Registry;

/// <summary>What the tests of retraces have in common: a blob, servers of it, and a retrace as lines of text.</summary>
internal static class Retraces
{
    public static readonly Pulls Good = new();

    public static readonly byte[] Layer = Good.Layer;

    public static readonly BlobPromise Promise = new(ImagePart.Layer, Digest.Of(Layer), Layer.Length, new(Digest.Of(Good.Tar)));

    /// <summary>Serves a body whole, or the piece of it that is asked for.</summary>
    public static FakeReply Serve(FakeRequest request, byte[] body)
    {
        if (request.Headers.GetValueOrDefault("Range") is not { } range) return new(200, body);
        var parts = range["bytes=".Length..].Split('-');
        var first = int.Parse(parts[0], CultureInfo.InvariantCulture);
        if (first >= body.Length) return new(416, []);
        var last = parts[1].Length == 0 ? body.Length - 1 : Math.Min(body.Length - 1, int.Parse(parts[1], CultureInfo.InvariantCulture));
        return new FakeReply(206, body[first..(last + 1)]).With("Content-Range", $"bytes {first}-{last}/{body.Length}");
    }

    public static async Task<BlobRetrace> RunAsync(Func<FakeRequest, FakeReply> serve, BlobPromise? promise = null, RegistryLimits? limits = null)
    {
        await using var server = FakeServer.Start(serve);
        using var client = Pulls.Client(limits);
        return await client.RetraceAsync(Pulls.Image(server.Authority), promise ?? Promise, CancellationToken.None);
    }

    /// <summary>A host of this name that has these addresses and no others.</summary>
    public static HostNames Names(string name, params string[] addresses) => new((host, _) =>
        host == name ? Task.FromResult(addresses.Select(IPAddress.Parse).ToArray())
        : Task.FromException<IPAddress[]>(new System.Net.Sockets.SocketException((int)System.Net.Sockets.SocketError.HostNotFound)));

    /// <summary>One line a fetch: way, status, bytes, what came ("right", or the start of its digest), and what was seen of it.</summary>
    public static IEnumerable<string> Lines(BlobRetrace retrace) => retrace.Fetches.Select(fetch => Line(fetch, retrace.Promise));

    public static string Line(BlobFetch fetch, BlobPromise promise)
    {
        var what = fetch.Digest is null ? "nothing" : fetch.Digest == promise.Digest ? "right" : "wrong";
        var words = new List<string> { $"{fetch.Way}", $"{fetch.Status?.ToString(CultureInfo.InvariantCulture) ?? "-"}", $"{fetch.SizeBytes}", what };
        if (fetch.WasCut) words.Add("cut");
        if (fetch.IsLonger) words.Add("longer");
        if (fetch.Fingerprint is { } print) words.Add(print.Kind + (print.IsProven ? "!" : "?"));
        if (fetch.Fault is { } fault) words.Add($"{fault.From}:{fault.Fault}");
        return string.Join(' ', words);
    }
}
