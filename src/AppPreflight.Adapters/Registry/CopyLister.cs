using AppPreflight.Archive;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Ports;

namespace AppPreflight.Registry;

/// <summary>Reads some layers of one image and takes their files down; what does not match its promises has none.</summary>
/// <param name="findSize">How large the registry calls a layer of which the manifest does not say it.</param>
/// <param name="read">One layer, through whatever gets lost on the way.</param>
/// <param name="mostBytes">Of a layer whose size nobody says.</param>
internal sealed class CopyLister(
    Func<Descriptor, CancellationToken, Task<long?>> findSize,
    Func<Descriptor, Func<LayerListing>, IProgress<long>, CancellationToken, Task<LayerProof>> read,
    long mostBytes)
{
    private const int Places = 4;

    private readonly ListedPaths paths = new();

    /// <exception cref="SourceException">Refused: the name is no reference.</exception>
    public static ImageRequirement Named(string name)
    {
        try
        {
            return new(ImageReference.Parse(name), []);
        }
        catch (FormatException e)
        {
            throw Blame.Of(Source.Registry, Fault.Refused, name, e.Message, e);
        }
    }

    /// <returns>In the order asked for; a digest that occurs several times is read once.</returns>
    public async Task<IReadOnlyList<LayerFiles>> ListAsync(
        ImageForm image, IReadOnlyList<int> layers, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        var sum = new Sum(progress);
        var distinct = layers.DistinctBy(place => Blob(image, place).Digest).OrderByDescending(place => Blob(image, place).SizeBytes).ToList();
        var found = new LayerFiles[distinct.Count];
        var options = new ParallelOptions { MaxDegreeOfParallelism = Places, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, distinct.Count, options, async (i, token) =>
            found[i] = await ListAsync(distinct[i], Blob(image, distinct[i]), sum.Part(), token));
        var byDigest = found.ToDictionary(files => Blob(image, files.Layer).Digest);
        return [.. layers.Select(place => Proved(byDigest[Blob(image, place).Digest] with { Layer = place }, image.Layers[place]))];
    }

    // tars are hashed by the one algorithm that all engines name them by
    private static LayerFiles Proved(LayerFiles files, FormLayer layer)
    {
        if (layer.DiffId is { Value.Algorithm: "sha256" } diffId) Demand(layer.Packed!, diffId.Value, files.DiffId.Value, "serves what unpacks to other bytes than the configuration promises of");
        return files;
    }

    private static Descriptor Blob(ImageForm image, int place) =>
        image.Layers[place].Packed ?? throw new InvalidOperationException("the layer is of no registry");

    private async Task<LayerFiles> ListAsync(int place, Descriptor layer, IProgress<long> progress, CancellationToken cancellationToken)
    {
        if (layer.SizeBytes < 0)
        {
            // some say 0 to every HEAD
            var announced = await findSize(layer, cancellationToken);
            layer = layer with { SizeBytes = announced > 0 ? announced.Value : mostBytes };
        }

        LayerListing? listing = null;
        LayerListing Begin()
        {
            listing?.Dispose();
            return listing = new();
        }

        try
        {
            var proof = await read(layer, Begin, progress, cancellationToken);
            Demand(layer, layer.Digest, proof.Digest, "serves other bytes for");
            return paths.Of(place, proof.DiffId, listing!, proof.SizeBytes);
        }
        finally
        {
            listing?.Dispose();
        }
    }

    private static void Demand(Descriptor layer, Digest expected, Digest observed, string what)
    {
        if (observed == expected) return;
        throw new SourceException(new SourceFault(Source.Registry, Fault.Corrupt, $"the registry {what} layer {layer.Digest}")
        {
            Part = ImagePart.Layer,
            Subject = layer.Digest.ToString(),
            Expected = expected.ToString(),
            Observed = observed.ToString(),
        });
    }

    /// <summary>Adds up what several layers report of themselves.</summary>
    private sealed class Sum(IProgress<long>? progress)
    {
        private long bytes;

        public IProgress<long> Part() => new One(this);

        private sealed class One(Sum sum) : IProgress<long>
        {
            private long last;

            // a pass that begins anew begins at nothing
            public void Report(long value)
            {
                var all = Interlocked.Add(ref sum.bytes, value - last);
                last = value;
                sum.Tell(all);
            }
        }

        private void Tell(long all) => progress?.Report(all);
    }
}
