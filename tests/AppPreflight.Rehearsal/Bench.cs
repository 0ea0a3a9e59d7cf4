using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace AppPreflight.Rehearsal;

/// <summary>What a bench measures.</summary>
/// <param name="Program">The published app-preflight.</param>
internal sealed record BenchOptions(string Program)
{
    public int Rounds { get; init; } = 5;

    /// <summary>The image's unpacked size, in millions of bytes.</summary>
    public int Megabytes { get; init; } = 1000;

    /// <summary>Size of the file of zeros of a second image; 0 leaves it out.</summary>
    public int BigMegabytes { get; init; }

    /// <summary>Whether the page cache of the whole machine may be dropped for a cold figure.</summary>
    public bool Cold { get; init; } = true;
}

/// <summary>Ours and the peers over the same bytes, lap by lap in turn, on one stage. Leaves neither files nor images behind.</summary>
internal sealed class Bench : IAsyncDisposable
{
    private const string DropCaches = "/proc/sys/vm/drop_caches";
    private static readonly TimeSpan HashSpan = TimeSpan.FromSeconds(0.3);

    private readonly Stage stage;
    private readonly Appliance appliance;
    private readonly BenchOptions options;
    private readonly Action<string> tell;
    private readonly string folder;
    private readonly List<BenchRow> rows = [];
    private readonly List<double> oneThread = [];
    private readonly List<double> allCores = [];
    private string? notCold;

    private Bench(Appliance appliance, BenchOptions options, Action<string> tell)
    {
        (stage, this.appliance, this.options, this.tell) = (appliance.Stage, appliance, options, tell);
        // below the registry's folder, which its supervisor removes even when this process is killed
        folder = Path.Combine(stage.Registry.Folder, $"bench{appliance.Name}");
        Repository = $"bench{appliance.Name}/image";
        Reference = $"{stage.Registry.Authority}/{Repository}:1";
    }

    private string Repository { get; }

    private string Reference { get; }

    private string TarsPath => Path.Combine(folder, "layers.tar");

    private string CopyPath => Path.Combine(folder, "copy");

    /// <exception cref="RehearsalException">Something could not be run, or ours did not say pass.</exception>
    public static async Task<BenchResult> RunAsync(Appliance appliance, BenchOptions options, Action<string> tell, CancellationToken cancellationToken)
    {
        await using var bench = new Bench(appliance, options, tell);
        return await bench.RunAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await ForgetAsync(CancellationToken.None);
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
    }

    private async Task<BenchResult> RunAsync(CancellationToken cancellationToken)
    {
        var machine = await BenchMachine.DescribeAsync(options.Program, cancellationToken);
        await RaceChecksAsync(cancellationToken);
        var subject = await PrepareAsync(cancellationToken);
        await RaceAsync([.. Stored(subject.TarBytes), .. Served(subject)], cancellationToken);
        if (options.Cold) await RaceColdAsync(subject.TarBytes, cancellationToken);
        else notCold = "it was not asked for";
        await DisposeAsync();
        if (options.BigMegabytes > 0) await RunBigAsync(cancellationToken);
        machine = [.. machine, ("load when it ended", BenchMachine.Load())];
        var rates = new BenchRates(oneThread.Max(), allCores.Max(), Environment.ProcessorCount);
        return new(subject, rates, rows, options.Rounds, machine) { NotCold = notCold };
    }

    private async Task<BenchSubject> PrepareAsync(CancellationToken cancellationToken)
    {
        tell($"building an image of {options.Megabytes} MB ...");
        var image = await BenchImage.BuildAsync(folder, options.Megabytes, cancellationToken);
        await image.PushAsync(stage.Registry.Api, Repository, "1", cancellationToken);
        await using (var tars = File.Create(TarsPath))
        {
            foreach (var layer in image.Layers)
            {
                await using (var tar = File.OpenRead(layer.TarPath!)) await tar.CopyToAsync(tars, cancellationToken);
                File.Delete(layer.TarPath!);
                File.Delete(layer.BlobPath);
            }
        }

        await stage.Engine.Api.FetchAsync(Reference, null, cancellationToken);
        return new(image.FileCount, image.TarBytes, image.BlobBytes, [.. image.Layers.Select(layer => layer.TarBytes)]);
    }

    private Contestant[] Stored(long bytes) =>
    [
        new(BenchResult.Stored, BenchResult.OursStored, bytes, OneProcess: true, token => VerifyAsync("--stored", bytes, token)),
        new(BenchResult.Stored, BenchResult.Save, bytes, OneProcess: false, SaveAsync),
        new(BenchResult.Stored, BenchResult.OpenSsl, bytes, OneProcess: true, token => Lap.RunAsync(Programs.OpenSsl, ["dgst", "-sha256", TarsPath], token)),
    ];

    private Contestant[] Served(BenchSubject subject) =>
    [
        new(BenchResult.Served, BenchResult.OursServed, subject.BlobBytes, OneProcess: true, token => VerifyAsync("--served", subject.BlobBytes, token)),
        new(BenchResult.Served, BenchResult.Skopeo, subject.BlobBytes, OneProcess: true, CopyAsync) { Prepare = RemoveCopyAsync },
        new(BenchResult.Served, BenchResult.Pull, subject.BlobBytes, OneProcess: false, PullAsync) { Prepare = ForgetAsync },
    ];

    private Task RaceChecksAsync(CancellationToken cancellationToken) => RaceAsync(
    [
        new(BenchResult.Check, BenchResult.OursCheck, 0, OneProcess: true, token => Lap.RunAsync(options.Program, ["check", Appliance.App, "--plain", .. Where], token)),
        new(BenchResult.Check, BenchResult.Inspect, 0, OneProcess: false, InspectAsync),
    ], cancellationToken);

    private async Task RaceAsync(IReadOnlyList<Contestant> contestants, CancellationToken cancellationToken)
    {
        var laps = contestants.Select(_ => new List<Lap>()).ToList();
        for (var round = 0; round <= options.Rounds; round++)
        {
            tell(round == 0 ? $"{contestants.Count} programs in turn: a round that does not count ..." : $"round {round} of {options.Rounds} ...");
            MeasureHashRate();
            for (var place = 0; place < contestants.Count; place++)
            {
                await contestants[place].Prepare(cancellationToken);
                await SyncAsync(cancellationToken);
                var lap = await contestants[place].Run(cancellationToken);
                if (round > 0) laps[place].Add(lap);
            }
        }

        rows.AddRange(contestants.Zip(laps, Row));
    }

    private async Task RaceColdAsync(long bytes, CancellationToken cancellationToken)
    {
        foreach (var contestant in Stored(bytes).Take(2))
        {
            await SyncAsync(cancellationToken);
            try
            {
                await File.WriteAllTextAsync(DropCaches, "3", cancellationToken);
            }
            catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
            {
                notCold = $"{DropCaches} may not be written here";
                return;
            }

            tell($"{contestant.Name}, cold ...");
            rows.Add(Row(contestant with { Section = BenchResult.Cold }, [await contestant.Run(cancellationToken)]));
        }
    }

    private async Task RunBigAsync(CancellationToken cancellationToken)
    {
        tell($"building an image with a file of {options.BigMegabytes} MB of zeros ...");
        var image = await BenchImage.BuildBigAsync(folder, options.BigMegabytes, cancellationToken);
        await image.PushAsync(stage.Registry.Api, Repository, "1", cancellationToken);
        Contestant[] contestants =
        [
            new(BenchResult.Big, BenchResult.Pull, image.TarBytes, OneProcess: false, PullAsync),
            new(BenchResult.Big, BenchResult.OursStored, image.TarBytes, OneProcess: true, token => VerifyAsync("--stored", image.TarBytes, token)),
            new(BenchResult.Big, BenchResult.OursServed, image.TarBytes, OneProcess: true, token => VerifyAsync("--served", image.BlobBytes, token)),
        ];
        foreach (var contestant in contestants)
        {
            tell($"{BenchResult.Big}: {contestant.Name} ...");
            rows.Add(Row(contestant, [await contestant.Run(cancellationToken)]));
        }
    }

    private void MeasureHashRate()
    {
        oneThread.Add(HashRate.Measure(1, HashSpan));
        allCores.Add(HashRate.Measure(Environment.ProcessorCount, HashSpan));
    }

    private string[] Where => ["--root", appliance.Root, "--host", stage.Engine.Host, "--state", appliance.State];

    private async Task<Lap> VerifyAsync(string side, long bytes, CancellationToken cancellationToken)
    {
        var lap = await Lap.RunAsync(options.Program, ["verify", Reference, side, "--json", .. Where], cancellationToken);
        ExpectProof(side, bytes, lap.Output);
        return lap;
    }

    // a verdict that does not come from these bytes, read in this very lap, is not what the peers are compared with
    private static void ExpectProof(string side, long bytes, string output)
    {
        try
        {
            var report = JsonNode.Parse(output)!;
            var (verdict, hashed) = (report["verdict"]!.GetValue<string>(), report["bytes"]!["hashed"]!.GetValue<long>());
            if (verdict != "pass" || hashed < bytes)
                throw new RehearsalException(string.Create(CultureInfo.InvariantCulture, $"app-preflight verify {side} said {verdict} after {hashed} bytes, wanted pass after at least {bytes}"));
        }
        catch (Exception broken) when (broken is JsonException or NullReferenceException or InvalidOperationException)
        {
            throw new RehearsalException($"app-preflight verify {side} --json printed no report", broken);
        }
    }

    private Task<Lap> SaveAsync(CancellationToken cancellationToken) => Lap.RunAsync(
        "/bin/bash", ["-o", "pipefail", "-c", "\"$0\" -H \"$1\" save \"$2\" | cat > /dev/null", Programs.Docker, stage.Engine.Host, Reference], cancellationToken);

    private Task<Lap> PullAsync(CancellationToken cancellationToken) =>
        Lap.RunAsync(Programs.Docker, ["-H", stage.Engine.Host, "pull", "-q", Reference], cancellationToken);

    private Task<Lap> CopyAsync(CancellationToken cancellationToken) => Lap.RunAsync(
        Programs.Skopeo, ["--insecure-policy", "copy", "-q", "--src-tls-verify=false", $"docker://{Reference}", $"dir:{CopyPath}"], cancellationToken);

    private async Task<Lap> InspectAsync(CancellationToken cancellationToken)
    {
        var time = TimeSpan.Zero;
        foreach (var image in (string[])[appliance.InstalledReference, appliance.IntermediateReference, appliance.TargetReference])
            time += (await Lap.RunAsync(Programs.Skopeo, ["inspect", "--tls-verify=false", $"docker://{image}"], cancellationToken)).Time;
        return new(time, 0, "");
    }

    private async Task RemoveCopyAsync(CancellationToken cancellationToken)
    {
        if (Directory.Exists(CopyPath)) await Task.Run(() => Directory.Delete(CopyPath, recursive: true), cancellationToken);
    }

    // what is not there need not go
    private async Task ForgetAsync(CancellationToken cancellationToken)
    {
        try
        {
            await stage.Engine.Api.RemoveImageAsync(Reference, force: false, cancellationToken);
        }
        catch (EngineRefusedException absent) when (absent.Status == System.Net.HttpStatusCode.NotFound)
        {
            return;
        }
    }

    private static Task<Lap> SyncAsync(CancellationToken cancellationToken) => Lap.RunAsync("/bin/sync", [], cancellationToken);

    private static BenchRow Row(Contestant contestant, List<Lap> laps) => new(
        contestant.Section, contestant.Name, [.. laps.Select(lap => lap.Time)], contestant.OneProcess ? laps.Max(lap => lap.PeakBytes) : null, contestant.Bytes);

    /// <summary>A program that takes part.</summary>
    /// <param name="OneProcess">Whether its own memory is all that it costs.</param>
    private sealed record Contestant(string Section, string Name, long Bytes, bool OneProcess, Func<CancellationToken, Task<Lap>> Run)
    {
        /// <summary>What has to be done before each lap, and is not counted.</summary>
        public Func<CancellationToken, Task> Prepare { get; init; } = _ => Task.CompletedTask;
    }
}
