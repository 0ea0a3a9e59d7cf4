using System.Text;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Ports;
using NUnit.Framework;

namespace AppPreflight.LayerStore;

/// <summary>The tables that an engine believes when it pulls, read below a data root made here; what is hostile in them leads nowhere.</summary>
internal sealed class EngineTablesTests
{
    private const string Own = "containerd/daemon/io.containerd.content.v1.content/blobs/sha256";
    private static readonly ImageReference Name = ImageReference.Parse("example.org/kelvin:2.0.0");
    private static readonly byte[] Manifest = Encoding.UTF8.GetBytes($$$"""{"schemaVersion":2,"mediaType":"{{{MediaType.DockerManifest}}}","layers":[]}""");

    private StoreFolder store = null!;
    private StoredImage held = null!;

    [SetUp]
    public void MakeAStore()
    {
        store = new();
        held = store.Add("held:1", Layer("base"), Layer("middle"), Layer("top"));
    }

    [TearDown]
    public void RemoveIt() => store.Dispose();

    [Test]
    public async Task Finds_nothing_where_nothing_is_wrong()
    {
        foreach (var (place, layer) in held.DiffIds.Index()) Map(Blob(place), layer.ToString());
        Cache(Manifest);
        Assert.That(await ReadAsync(held.DiffIds), Is.Empty);
    }

    [Test]
    public async Task Finds_an_entry_that_leads_to_a_layer_which_is_there()
    {
        var wanted = new[] { held.DiffIds[0], Values.Diff("new") };
        Map(Blob(0), held.DiffIds[0].ToString());
        Map(Blob(1), held.DiffIds[1].ToString());
        var damage = (await ReadAsync(wanted)).Single();
        Assert.That((damage.Kind, damage.Blob, damage.Expected, damage.Observed, damage.Layer), Is.EqualTo((
            TableDamageKind.DigestMapping, Blob(1), wanted[1].ToString(), held.DiffIds[1].ToString(), ChainId.AllOf(held.DiffIds)[1])));
        Assert.That(File.ReadAllText(damage.Path), Is.EqualTo(damage.Observed));
    }

    // moby distribution/xfer/download.go, Download: from the first layer that is not there, all are fetched, and the entries written anew
    [TestCase(true, "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", TestName = "Not_an_entry_that_leads_to_no_layer")]
    [TestCase(false, null, TestName = "Not_one_above_a_layer_that_is_fetched_anyway")]
    public async Task Finds_none(bool isBelowKnown, string? entry)
    {
        if (isBelowKnown) Map(Blob(0), held.DiffIds[0].ToString());
        Map(Blob(1), entry ?? held.DiffIds[1].ToString());
        Assert.That(await ReadAsync([held.DiffIds[0], Values.Diff("new")]), Is.Empty);
    }

    [TestCase("")]
    [TestCase("../../../../etc/passwd")]
    [TestCase("sha256:zz")]
    public async Task Goes_nowhere_with_an_entry_that_is_no_digest(string entry)
    {
        Map(Blob(0), entry);
        Assert.That(await ReadAsync([Values.Diff("new")]), Is.Empty);
    }

    [Test]
    public async Task Takes_no_digest_with_a_line_end_for_one_as_the_engine_does_not()
    {
        Map(Blob(0), held.DiffIds[0] + "\n");
        Assert.That(await ReadAsync([Values.Diff("new")]), Is.Empty);
    }

    [Test]
    public async Task Follows_no_link_and_reads_no_endless_file_in_a_table()
    {
        var folder = Directory.CreateDirectory(Path.Combine(store.Root, "image/overlay2/distribution/diffid-by-digest/sha256")).FullName;
        File.CreateSymbolicLink(Path.Combine(folder, Blob(0).Hex), "/dev/zero");
        Directory.CreateDirectory(Path.Combine(store.Root, Own));
        File.CreateSymbolicLink(Path.Combine(store.Root, Own, Digest.Of(Manifest).Hex), "/dev/zero");
        File.CreateSymbolicLink(RecordOf(Values.Diff("new")), "/");
        var damage = (await ReadAsync([Values.Diff("new")])).Single();
        Assert.That((damage.Kind, damage.Observed), Is.EqualTo((TableDamageKind.LayerFolder, "no folder but of type Symlink")));
    }

    [TestCase(-1, ExpectedResult = false, TestName = "Believes_no_manifest_that_is_cut")]
    [TestCase(0, ExpectedResult = true, TestName = "Finds_a_cached_manifest_with_another_letter")]
    [TestCase(1, ExpectedResult = false, TestName = "Reads_as_many_bytes_as_it_had_as_the_engine_does")]
    public async Task<bool> Looks_at_cached_manifests(int more)
    {
        var bytes = more switch { < 0 => Manifest[..^5], 0 => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(Manifest).Replace("[]", "{}", StringComparison.Ordinal)), _ => [.. Manifest, (byte)'x'] };
        Cache(bytes);
        return (await ReadAsync(held.DiffIds)).Any(damage => damage.Kind == TableDamageKind.CachedManifest);
    }

    [TestCase("""{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json"}""", ExpectedResult = 0, TestName = "Not_one_of_another_type_which_the_engine_fetches_anew")]
    [TestCase("""{"schemaVersion":2,"mediaType":7}""", ExpectedResult = 0, TestName = "Not_one_whose_type_is_no_text")]
    [TestCase("[[[[[[[[[[[", ExpectedResult = 0, TestName = "Not_one_that_is_no_JSON")]
    [TestCase("""{"schemaVersion":2,"x":"é"}""", ExpectedResult = 1, TestName = "One_with_letters_that_only_Go_reads")]
    public async Task<int> Judges_what_an_engine_would_believe(string text)
    {
        Cache(Encoding.Latin1.GetBytes(text));
        return (await ReadAsync(held.DiffIds)).Count;
    }

    [TestCase("", ExpectedResult = "True ", TestName = "An_empty_folder_is_left_over")]
    [TestCase("cache-id", ExpectedResult = "False cache-id", TestName = "A_half_folder_is_left_over")]
    [TestCase("cache-id diff size", ExpectedResult = "False cache-id, diff, size", TestName = "A_folder_of_empty_files_is_left_over")]
    public async Task<string> Looks_at_folders(string files)
    {
        var folder = Directory.CreateDirectory(RecordOf(Values.Diff("new"))).FullName;
        foreach (var file in files.Split(' ', StringSplitOptions.RemoveEmptyEntries)) File.WriteAllText(Path.Combine(folder, file), "");
        var damage = (await ReadAsync([Values.Diff("new")])).Single();
        Assert.That((damage.Kind, damage.Path, damage.Layer), Is.EqualTo((TableDamageKind.LayerFolder, folder, new ChainId(Values.Diff("new").Value))));
        return $"{damage.IsEmpty} {damage.Observed}";
    }

    [Test]
    public async Task A_layer_without_the_one_below_it_is_left_over()
    {
        Directory.Delete(store.TableOf(held, 0), recursive: true);
        Assert.That((await ReadAsync(held.DiffIds)).Select(damage => (damage.Kind, damage.Layer)), Is.EqualTo(new[]
        {
            (TableDamageKind.LayerFolder, ChainId.AllOf(held.DiffIds)[1]), (TableDamageKind.LayerFolder, ChainId.AllOf(held.DiffIds)[2]),
        }));
    }

    [Test]
    public async Task Looks_at_no_store_that_is_not_this_engines()
    {
        Directory.CreateDirectory(RecordOf(Values.Diff("new")));
        EngineState[] others =
        [
            store.Engine with { IsLocal = false }, store.Engine with { IsRootless = true }, store.Engine with { UsesContainerdStore = true },
            store.Engine with { Driver = "btrfs" }, store.Engine with { DataRoot = "/nowhere" }, store.Engine with { Images = [Values.Stored()] },
        ];
        foreach (var engine in others) Assert.That(await ReadAsync([Values.Diff("new")], engine), Is.Empty);
        Assert.That(await ReadAsync([Values.Diff("new")], store.Engine with { Images = [held] }), Has.Count.EqualTo(1));
    }

    [TestCase("link", "", DamageKind.LinkFile)]
    [TestCase("link", "../../../etc", DamageKind.LinkFile)]
    [TestCase("link", "AAAAAAAAAAAAAAAAAAAAAAAAAA", DamageKind.LinkFile)]
    [TestCase("lower", "", DamageKind.LowerFile)]
    [TestCase("lower", "l/../../../etc", DamageKind.LowerFile)]
    public async Task Names_a_damaged_file_of_short_names(string file, string text, DamageKind kind)
    {
        File.WriteAllText(Path.Combine(store.FolderOf(held, 1), file), text);
        var layers = await LayersAsync();
        Assert.That(layers.Select(layer => string.Join(' ', layer.Damages.Select(damage => $"{damage.Kind} {damage.Path}"))), Is.EqualTo(new[] { "", $"{kind} {file}", "" }));
        Assert.That(layers[1].Damages[0].MisleadsRemoval, Is.EqualTo(kind == DamageKind.LinkFile && text.Length > 0));
    }

    [Test]
    public async Task Knows_the_right_short_name_by_where_it_leads()
    {
        var right = Path.GetFileName(store.ShortNameOf(held, 1));
        File.Delete(Path.Combine(store.FolderOf(held, 1), "link"));
        Assert.That((await LayersAsync())[1].Damages.Select(damage => (damage.Expected, damage.Observed)), Is.EqualTo(new[] { (right, (string?)null) }));
    }

    [Test]
    public async Task Blames_nobody_above_a_layer_whose_short_name_is_gone_altogether()
    {
        File.Delete(store.ShortNameOf(held, 0));
        File.WriteAllText(Path.Combine(store.FolderOf(held, 0), "link"), "");
        Assert.That((await LayersAsync()).Select(layer => layer.Damages.Count), Is.EqualTo(new[] { 1, 0, 0 }));
    }

    [Test]
    public async Task Believes_the_list_of_a_layer_that_BuildKit_built()
    {
        store.RenameAsBuilt(held, 1);
        File.WriteAllText(Path.Combine(store.FolderOf(held, 1), "lower"), "l/BBBBBBBBBBBBBBBBBBBBBBBBBB");
        File.WriteAllText(Path.Combine(store.FolderOf(held, 2), "lower"), $"l/{Path.GetFileName(store.ShortNameOf(held, 1))}:l/BBBBBBBBBBBBBBBBBBBBBBBBBB");
        Assert.That((await LayersAsync()).SelectMany(layer => layer.Damages), Is.Empty);
    }

    private static Dictionary<string, byte[]> Layer(string name) => new() { [$"etc/{name}"] = Encoding.ASCII.GetBytes($"{name} of the appliance") };

    private static Digest Blob(int place) => Values.DigestOf($"blob {place}");

    private string RecordOf(DiffId layer) => Path.Combine(store.Root, "image/overlay2/layerdb/sha256", layer.Value.Hex);

    private void Map(Digest blob, string text) => Write($"image/overlay2/distribution/diffid-by-digest/sha256/{blob.Hex}", Encoding.ASCII.GetBytes(text));

    private void Cache(byte[] bytes) => Write($"{Own}/{Digest.Of(Manifest).Hex}", bytes);

    private void Write(string path, byte[] bytes)
    {
        var full = Path.Combine(store.Root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllBytes(full, bytes);
    }

    private async Task<IReadOnlyList<StoredLayer>> LayersAsync() =>
        (await new EngineLayers(TimeProvider.System).ReadAsync(store.Engine, [held], ReadingPace.Foreground, null, null, CancellationToken.None))[held.Id].Layers;

    private Task<IReadOnlyList<TableDamage>> ReadAsync(IReadOnlyList<DiffId> layers, EngineState? engine = null) => new EngineLayers(TimeProvider.System).ReadTablesAsync(
        engine ?? store.Engine,
        [new(Name, [new(MediaType.DockerManifest, Digest.Of(Manifest), Manifest.Length)], [.. layers.Select((layer, place) => new LayerLookup(Blob(place), layer))])],
        CancellationToken.None);
}
