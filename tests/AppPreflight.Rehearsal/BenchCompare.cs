using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace AppPreflight.Rehearsal;

/// <summary>What comparing took, beside what tells as much.</summary>
/// <param name="Subjects">Section and what was compared there, a sentence each.</param>
internal sealed record CompareFigures(IReadOnlyList<BenchRow> Rows, IReadOnlyList<(string Section, string What)> Subjects)
{
    public const string Identical = "same manifest";
    public const string Image = "same image";
    public const string Layers = "same layers";
    public const string Files = "one layer of ten";

    public const string Ours = "app-preflight compare";
    public const string Raw = "skopeo inspect --raw, two calls";
    public const string Diff = "diff -r of unpacked trees";
    public const string UnpackedDiff = "skopeo copy, umoci unpack, diff -r";

    /// <summary>The goals of issue 6.</summary>
    public IReadOnlyList<BenchGoal> Goals =>
    [
        .. Rows.Where(row => row.Name == Ours && row.Section != Files).Select(row => new BenchGoal($"compare, {row.Section}, s", row.Median.TotalSeconds, 0.3)),
    ];
}

/// <summary><c>compare</c> and its peers over the same pairs of images, lap by lap in turn. Leaves no files behind.</summary>
internal sealed class BenchCompare(Stage stage, string program, string name, Action<string> tell)
{
    /// <summary>How much larger the layer is of which no byte is read.</summary>
    private const long HugeFactor = 10_000_000;

    private const int ManyLayers = 40;

    // below the registry's folder, which its supervisor removes even when this process is killed
    private readonly string folder = Path.Combine(stage.Registry.Folder, $"compare{name}");
    private readonly List<BenchRow> rows = [];
    private readonly List<(string, string)> subjects = [];

    private string Repository => $"compare{name}/image";

    /// <param name="stage">Its registry gets the images.</param>
    /// <param name="options">Rounds and program.</param>
    /// <param name="name">No other bench on this stage has it.</param>
    /// <param name="megabytes">Unpacked size of the images whose files are compared.</param>
    /// <param name="tell">How far it is.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="RehearsalException">Something could not be run, or ours gave another grade or read other layers than it should.</exception>
    public static async Task<CompareFigures> RunAsync(Stage stage, BenchOptions options, string name, int megabytes, Action<string> tell, CancellationToken cancellationToken)
    {
        var bench = new BenchCompare(stage, options.Program, name, tell);
        try
        {
            Directory.CreateDirectory(bench.folder);
            await bench.RunDocumentsAsync(options.Rounds, megabytes * HugeFactor, cancellationToken);
            await bench.RunFilesAsync(options.Rounds, megabytes, cancellationToken);
            return new(bench.rows, bench.subjects);
        }
        finally
        {
            Directory.Delete(bench.folder, recursive: true);
        }
    }

    private async Task RunDocumentsAsync(int rounds, long hugeBytes, CancellationToken cancellationToken)
    {
        var registry = stage.Registry.Api;
        var huge = await HoldAsync(hugeBytes, cancellationToken);
        await registry.PutManifestAsync(Repository, "huge-a", huge, cancellationToken);
        await registry.PutManifestAsync(Repository, "huge-b", huge, cancellationToken);
        await RaceAsync(rounds, CompareFigures.Identical, string.Create(CultureInfo.InvariantCulture, $"two tags of one image with a layer of {hugeBytes / 1e9:0.#} GB"), ("huge-a", "huge-b"), "tags-identical", cancellationToken);

        var many = PairImages.Image([.. Enumerable.Range(0, ManyLayers).Select(place => RawTar.Layer(TarPiece.File($"file{place}", LayerBuilder.Bulk(2_000, $"many {place}"))))]);
        var repacked = ImageBuilder.Index(ImageFormat.Oci, attestation: true, PairImages.Repacked(many, ImageFormat.Oci, PairImages.Plain));
        await registry.PushAsync(Repository, "many", many, cancellationToken);
        await registry.PushAsync(Repository, "repacked", repacked, cancellationToken);
        await registry.PushAsync(Repository, "renamed", PairImages.Edited(many, config => config["config"]!["Labels"]!["version"] = "2.0"), cancellationToken);
        await RaceAsync(rounds, CompareFigures.Image, "an image of 40 layers, and the same re-encoded with an index and an attestation", ("many", "repacked"), "tags-same-image", cancellationToken);
        await RaceAsync(rounds, CompareFigures.Layers, "the same image, and one with another label", ("many", "renamed"), "tags-same-layers", cancellationToken);
    }

    private async Task RunFilesAsync(int rounds, int megabytes, CancellationToken cancellationToken)
    {
        tell($"building two images of {megabytes} MB ...");
        var (image, altered) = await BenchImage.BuildPairAsync(folder, megabytes, cancellationToken);
        await image.PushAsync(stage.Registry.Api, Repository, "a", cancellationToken);
        await altered.PushAsync(stage.Registry.Api, Repository, "b", cancellationToken);
        foreach (var tag in (string[])["a", "b"]) await Lap.RunAsync("/bin/bash", Shell(Unpack(tag)), cancellationToken);
        var place = Enumerable.Range(0, image.Layers.Count).Single(layer => image.Layers[layer].Digest != altered.Layers[layer].Digest);
        var (readA, readB) = (image.Layers[place].BlobBytes, altered.Layers[place].BlobBytes);
        var what = string.Create(
            CultureInfo.InvariantCulture, $"two images of {image.Layers.Count} layers, {image.FileCount} files and {image.TarBytes / 1e6:0} MB unpacked ({image.BlobBytes / 1e6:0} MB in the registry), with {BenchImage.AlteredFiles} other files in one layer; ours reads {(readA + readB) / 1e6:0} MB");
        Contestant[] contestants =
        [
            new(CompareFigures.Ours, token => CompareAsync(("a", "b"), "tags-differ", (readA, readB), token)),
            new(CompareFigures.Diff, token => Lap.RunAsync("/bin/bash", Shell(DiffTrees), token)),
            new(CompareFigures.UnpackedDiff, token => Lap.RunAsync("/bin/bash", Shell($"{Unpack("a")}; {Unpack("b")}; {DiffTrees}"), token))
            {
                Prepare = token => Lap.RunAsync("/bin/rm", ["-rf", $"{folder}/tree-a", $"{folder}/tree-b", $"{folder}/oci-a", $"{folder}/oci-b"], token),
            },
        ];
        await RaceAsync(rounds, CompareFigures.Files, what, contestants, cancellationToken);
    }

    // diff ends with 1 where trees differ, as they have to
    private string DiffTrees => $"diff -r --no-dereference {folder}/tree-a/rootfs {folder}/tree-b/rootfs >{folder}/diff || [ $(grep -c '^Binary\\|^diff' {folder}/diff) = {BenchImage.AlteredFiles} ]";

    private string Unpack(string tag) =>
        $"skopeo --insecure-policy copy -q --src-tls-verify=false docker://{Reference(tag)} oci:{folder}/oci-{tag}:x; umoci unpack --image {folder}/oci-{tag}:x {folder}/tree-{tag} 2>/dev/null";

    private static string[] Shell(string script) => ["-euc", script];

    private string Reference(string tag) => $"{stage.Registry.Authority}/{Repository}:{tag}";

    private Task RaceAsync(int rounds, string section, string what, (string A, string B) tags, string grade, CancellationToken cancellationToken) => RaceAsync(rounds, section, what,
    [
        new(CompareFigures.Ours, token => CompareAsync(tags, grade, (0, 0), token)),
        new(CompareFigures.Raw, token => InspectAsync(tags, token)),
    ], cancellationToken);

    private async Task RaceAsync(int rounds, string section, string what, Contestant[] contestants, CancellationToken cancellationToken)
    {
        subjects.Add((section, what));
        var laps = contestants.Select(_ => new List<Lap>()).ToList();
        for (var round = 0; round <= rounds; round++)
        {
            tell(round == 0 ? $"{section}: a round that does not count ..." : $"{section}: round {round} of {rounds} ...");
            for (var place = 0; place < contestants.Length; place++)
            {
                await contestants[place].Prepare(cancellationToken);
                var lap = await contestants[place].Run(cancellationToken);
                if (round > 0) laps[place].Add(lap);
            }
        }

        rows.AddRange(contestants.Zip(laps, (one, its) => new BenchRow(section, one.Name, [.. its.Select(lap => lap.Time)], one.Name == CompareFigures.Ours ? its.Max(lap => lap.PeakBytes) : null, 0)));
    }

    private async Task<Lap> CompareAsync((string A, string B) tags, string grade, (long A, long B) read, CancellationToken cancellationToken)
    {
        string[] words = ["compare", Reference(tags.A), Reference(tags.B), "--json", "--root", folder, "--host", stage.Engine.Host, "--state", folder];
        var lap = await Lap.RunAsync(program, words, grade == "tags-differ" ? 1 : 0, cancellationToken);
        // an answer that is not this one, from these bytes, is not what the peers are compared with
        var told = JsonNode.Parse(lap.Output) ?? throw new JsonException();
        var got = (told["grade"]?.GetValue<string>(), told["read"]?["a"]?.GetValue<long>(), told["read"]?["b"]?.GetValue<long>());
        return got == (grade, read.A, read.B) ? lap : throw new RehearsalException($"app-preflight compare said {got}, wanted {(grade, read.A, read.B)}");
    }

    private async Task<Lap> InspectAsync((string A, string B) tags, CancellationToken cancellationToken)
    {
        var time = TimeSpan.Zero;
        foreach (var tag in (string[])[tags.A, tags.B])
            time += (await Lap.RunAsync(Programs.Skopeo, ["inspect", "--raw", "--tls-verify=false", $"docker://{Reference(tag)}"], cancellationToken)).Time;
        return new(time, 0, "");
    }

    /// <summary>Lets the registry hold a layer of zeros, which takes no room on the disk, and describes an image of it.</summary>
    private async Task<BuiltManifest> HoldAsync(long bytes, CancellationToken cancellationToken)
    {
        tell("a layer of zeros ...");
        await using var zeros = new DigestingStream(Stream.Null);
        var block = new byte[1 << 20];
        for (var left = bytes; left > 0; left -= block.Length) await zeros.WriteAsync(block.AsMemory(0, (int)Math.Min(left, block.Length)), cancellationToken);
        var digest = zeros.Finish();
        var hex = digest["sha256:".Length..];
        var blob = stage.Registry.BlobPath(digest);
        Directory.CreateDirectory(Path.GetDirectoryName(blob)!);
        await using (var file = File.Create(blob)) file.SetLength(bytes);
        // distribution, registry/storage/paths.go (layerLinkPathSpec)
        var link = Path.Combine(stage.Registry.Folder, "storage/docker/registry/v2/repositories", Repository, "_layers/sha256", hex, "link");
        Directory.CreateDirectory(Path.GetDirectoryName(link)!);
        await File.WriteAllTextAsync(link, digest, cancellationToken);
        return await BenchImage.DescribeAsync(stage.Registry.Api, Repository, digest, bytes, cancellationToken);
    }

    private sealed record Contestant(string Name, Func<CancellationToken, Task<Lap>> Run)
    {
        /// <summary>What has to be done before each lap, and is not counted.</summary>
        public Func<CancellationToken, Task> Prepare { get; init; } = _ => Task.CompletedTask;
    }
}
