using AppPreflight.Apps;
using AppPreflight.Checks;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Pairs;
using AppPreflight.Ports;
using AppPreflight.Runs;

namespace AppPreflight.Pipeline;

/// <summary>The outside things of a comparison.</summary>
/// <param name="Copies">The copies at a place; of registries as the engine reaches them.</param>
/// <param name="Host">The platform to ask for while no engine tells.</param>
internal sealed record ComparePorts(
    IImageStore Store, IAppCenter AppCenter, Func<ImagePlace, EngineNetwork, Appliance, IImageCopies> Copies, TimeProvider Time, Platform Host);

/// <summary>
/// Two images beside each other. Documents first, which nearly always decide; layers only where they differ, and only as far as they do,
/// streamed from both sides at once.
/// </summary>
internal sealed class CompareRun(ComparePorts ports, IProgress<RunEvent> events)
{
    /// <param name="wanted">What is good enough.</param>
    /// <exception cref="SourceException">The documents of one of them could not be had.</exception>
    public async Task<ImageComparison> RunAsync(ImageAddress a, ImageAddress b, TagGrade wanted, CancellationToken cancellationToken)
    {
        var started = ports.Time.GetTimestamp();
        var (network, appliance, host) = await SettingsAsync(a, b, cancellationToken);
        var left = ports.Copies(a.Place, network, appliance);
        // two references of one registry share connections and tokens
        var right = b.Place == a.Place ? left : ports.Copies(b.Place, network, appliance);
        using var first = left as IDisposable;
        using var second = ReferenceEquals(left, right) ? null : right as IDisposable;

        events.Report(new PhaseStarted($"reading the documents of {a} and {b}"));
        var (formA, formB) = await DescribeAsync((left, a.Name), (right, b.Name), host, cancellationToken);
        var layers = LayerPairs.Of(formA, formB);
        var comparison = new ImageComparison(formA, formB)
        {
            Wanted = wanted,
            Layers = layers,
            History = HistoryPairs.Of(formA, formB),
            Fields = FieldPairs.Of(formA, formB),
            Grade = DocumentGrade.Of(formA, formB, layers),
        };
        if (comparison.Grade is null) comparison = await new FileComparison(left, right, events).RunAsync(comparison, cancellationToken);
        return comparison with { Took = ports.Time.GetElapsedTime(started) };
    }

    // how registries are reached and what is asked for; who compares files of this host needs none of it
    private async Task<(EngineNetwork Network, Appliance Appliance, Platform Host)> SettingsAsync(ImageAddress a, ImageAddress b, CancellationToken cancellationToken)
    {
        if (a.Place != ImagePlace.Registry && b.Place != ImagePlace.Registry) return (new(), new(UcrValues.Empty), ports.Host);
        var engine = TryAsync(() => ports.Store.ReadAsync(cancellationToken));
        var appliance = TryAsync(() => ports.AppCenter.ReadApplianceAsync(cancellationToken));
        return ((await engine)?.Network ?? new(), await appliance ?? new(UcrValues.Empty), (await engine)?.Platform ?? ports.Host);
    }

    private static async Task<T?> TryAsync<T>(Func<Task<T>> read) where T : class
    {
        try
        {
            return await read();
        }
        catch (SourceException)
        {
            // then the registry is asked as a host without engine or App Center would
            return null;
        }
    }

    private static async Task<(ImageForm A, ImageForm B)> DescribeAsync(
        (IImageCopies Copies, string Name) a, (IImageCopies Copies, string Name) b, Platform host, CancellationToken cancellationToken)
    {
        var first = a.Copies.DescribeAsync(a.Name, host, cancellationToken);
        var second = b.Copies.DescribeAsync(b.Name, host, cancellationToken);
        await Task.WhenAll(first, second);
        var (formA, formB) = (await first, await second);
        if (formA.Config.Platform.Normalised == formB.Config.Platform.Normalised) return (formA, formB);
        // one of them has nothing for this host: then what both have is compared; where there is nothing, each as it is
        if (Offers(formA).Intersect(Offers(formB)).FirstOrDefault() is not { } common) return (formA, formB);
        return (await InAsync(formA, a, common, cancellationToken), await InAsync(formB, b, common, cancellationToken));
    }

    private static IEnumerable<Platform> Offers(ImageForm form) =>
        form.Index is { } index ? index.Platforms.Select(platform => platform.Normalised) : [form.Config.Platform.Normalised];

    private static async Task<ImageForm> InAsync(ImageForm form, (IImageCopies Copies, string Name) copy, Platform platform, CancellationToken cancellationToken) =>
        form.Config.Platform.Normalised == platform ? form : await copy.Copies.DescribeAsync(copy.Name, platform, cancellationToken);
}
