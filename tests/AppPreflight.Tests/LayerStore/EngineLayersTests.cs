using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Ports;
using NUnit.Framework;

namespace AppPreflight.LayerStore;

/// <summary>A store read through: what is hostile in it leads nowhere, what the engine takes away meanwhile is no finding.</summary>
internal sealed class EngineLayersTests
{
    private static readonly byte[] Large = new byte[12 << 20];

    private readonly ConcurrentQueue<StoredLayer> finished = new();
    private StoreFolder store = null!;

    [SetUp]
    public void MakeAStore()
    {
        finished.Clear();
        store = new();
    }

    [TearDown]
    public void RemoveIt() => store.Dispose();

    [Test]
    public async Task Reads_what_two_images_share_once()
    {
        var (a, b) = (store.Add("a:1", Layer("base"), Layer("a")), store.Add("b:1", Layer("base"), Layer("b")));
        var contents = await ReadAsync(a, b);
        Assert.Multiple(() =>
        {
            Assert.That(contents.Values.Select(content => (content.Way, content.Fault)), Is.All.EqualTo((ProofWay.LayerStore, (SourceFault?)null)));
            Assert.That(contents.Keys.Select(id => contents[id].Config), Is.EqualTo(contents.Keys));
            Assert.That(new[] { a, b }.Select(image => (image with { Content = contents[image.Id] }).IsSound()), Is.All.EqualTo(true));
            Assert.That(finished.Select(layer => layer.Chain).Distinct().Count(), Is.EqualTo(3));
            Assert.That(finished, Has.Count.EqualTo(3));
        });
    }

    [Test]
    public async Task Names_the_damaged_file_in_every_image_on_its_layer()
    {
        var (a, b) = (store.Add("a:1", Layer("base"), Layer("a")), store.Add("b:1", Layer("base"), Layer("b")));
        File.WriteAllText(Path.Combine(store.FilesOf(a, 0), "etc/base"), "BASE of the appliance");
        var contents = await ReadAsync(a, b);
        Assert.That(contents.Values.Select(content => content.Layers[0].Damages.Select(damage => (damage.Kind, damage.Path))),
            Is.All.EqualTo(new[] { (DamageKind.Content, "etc/base") }));
        Assert.That(contents.Values.Select(content => content.Layers[1].IsSound), Is.All.EqualTo(true));
    }

    [Test]
    public async Task Follows_no_link_out_of_a_layer()
    {
        var image = store.Add("a:1", Layer("base"));
        var folder = Path.Combine(store.FilesOf(image, 0), "etc");
        Directory.Move(folder, folder + ".away");
        File.CreateSymbolicLink(folder, folder + ".away");
        Assert.That(await DamagesAsync(image), Is.EqualTo(new[] { (DamageKind.Type, "etc"), (DamageKind.Surplus, "etc.away") }));
    }

    [Test]
    public async Task Waits_for_no_pipe_in_place_of_a_file()
    {
        var image = store.Add("a:1", Layer("base"));
        var path = Path.Combine(store.FilesOf(image, 0), "etc/base");
        File.Delete(path);
        MakePipe(path);
        Assert.That(await DamagesAsync(image), Is.EqualTo(new[] { (DamageKind.Type, "etc/base") }));
    }

    [Test]
    [CancelAfter(20_000)]
    public async Task Reads_no_device_in_place_of_a_file(CancellationToken cancellationToken)
    {
        var image = store.Add("a:1", Layer("base"));
        var path = Path.Combine(store.FilesOf(image, 0), "etc/base");
        File.Delete(path);
        Run("mknod", path, "c", "1", "5");
        var contents = await new EngineLayers(TimeProvider.System).ReadAsync(store.Engine, [image], ReadingPace.Foreground, null, null, cancellationToken);
        Assert.That(contents[image.Id].Layers[0].Damages.Select(damage => (damage.Kind, damage.Path)), Is.EqualTo(new[] { (DamageKind.Type, "etc/base") }));
    }

    [TestCase("etc/base")]
    [TestCase("etc")]
    public async Task Leaves_unproved_what_it_cannot_open(string place)
    {
        var image = store.Add("a:1", Layer("base"));
        var path = Path.Combine(store.FilesOf(image, 0), place);
        Run("mount", "--bind", path, path);
        StoredLayer layer;
        try
        {
            layer = (await ReadAsync(image))[image.Id].Layers[0];
        }
        finally
        {
            Run("umount", path);
        }

        Assert.That((layer.IsSound, layer.Fault?.Fault), Is.EqualTo(((bool?)null, (Fault?)Fault.Unreachable)));
    }

    [Test]
    public void Leaves_an_image_that_is_not_in_this_hosts_store_to_the_export()
    {
        var image = store.Add("a:1", Layer("base"));
        File.Delete(Path.Combine(store.Root, "image/overlay2/imagedb/content/sha256", image.Id.Hex));
        Assert.That(() => ReadAsync(image), Throws.InstanceOf<SourceException>().With.Property("Fault").EqualTo(Fault.Missing));
    }

    [Test]
    public async Task Believes_no_engine_that_names_other_layers_than_the_configuration()
    {
        var image = store.Add("a:1", Layer("base"), Layer("top"));
        var less = image with { DiffIds = [image.DiffIds[0]] };
        Assert.That((less with { Content = (await ReadAsync(less))[image.Id] }).IsSound(), Is.Null);
    }

    [Test]
    public async Task Leaves_what_was_unpacked_through_a_mount_to_the_export()
    {
        var image = store.Add("a:1", Layer("base"));
        Assert.That(() => ReadAsync(store.Engine with { UnpacksThroughMount = true }, null, image), Throws.InstanceOf<SourceException>().With.Property("Fault").EqualTo(Fault.Unsupported));
        Assert.That((await ReadAsync(image))[image.Id].Fault, Is.Null);
    }

    [Test]
    public async Task Names_contents_first_where_very_many_files_are_damaged()
    {
        var image = store.Add("a:1", Enumerable.Range(0, 150).ToDictionary(i => $"f{i:000}", i => new[] { (byte)i }));
        foreach (var file in Directory.GetFiles(store.FilesOf(image, 0))) File.SetUnixFileMode(file, UnixFileMode.UserRead);
        File.Delete(Path.Combine(store.FilesOf(image, 0), "f149"));
        var layer = (await ReadAsync(image))[image.Id].Layers[0];
        Assert.That((layer.Damages.Count(damage => damage.IsOfContent), layer.Damages.Count, layer.MoreDamages), Is.EqualTo((1, 100, 50)));
    }

    [TestCase("../../../etc")]
    [TestCase("/etc")]
    [TestCase("")]
    [TestCase("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")]
    public async Task Goes_nowhere_with_a_folder_name_that_leads_elsewhere(string cacheId)
    {
        var image = store.Add("a:1", Layer("base"));
        File.WriteAllText(Path.Combine(store.TableOf(image, 0), "cache-id"), cacheId);
        Assert.That(await DamagesAsync(image), Is.EqualTo(new[] { (DamageKind.CacheId, "cache-id") }));
    }

    [Test]
    public async Task Blames_the_folder_name_when_another_layer_has_the_same()
    {
        var image = store.Add("a:1", Layer("base"), Layer("top"));
        File.Copy(Path.Combine(store.TableOf(image, 0), "cache-id"), Path.Combine(store.TableOf(image, 1), "cache-id"), overwrite: true);
        var content = (await ReadAsync(image))[image.Id];
        Assert.That(content.Layers.Select(layer => layer.Damages.Select(damage => damage.Kind)), Is.EqualTo(new DamageKind[][] { [], [DamageKind.CacheId] }));
    }

    [Test]
    public async Task Says_unknown_when_the_engine_removes_the_layer_while_it_is_read()
    {
        var image = store.Add("a:1", new Dictionary<string, byte[]> { ["large"] = Large, ["small"] = [1] });
        var table = store.TableOf(image, 0);
        void Remove()
        {
            if (!Directory.Exists(table)) return;
            Directory.Move(table, table + "-1-removing");
            Directory.Delete(store.FilesOf(image, 0), recursive: true);
        }

        var content = (await ReadAsync(new Told(Remove), image))[image.Id];
        Assert.That(content.Layers.Select(layer => (layer.Fault?.Fault, layer.Damages.Count)), Is.EqualTo(new[] { ((Fault?)Fault.Changing, 0) }));
    }

    [Test]
    public async Task Says_that_a_layer_is_not_in_the_table()
    {
        var image = store.Add("a:1", Layer("base"), Layer("top"));
        Directory.Delete(store.TableOf(image, 1), recursive: true);
        var content = (await ReadAsync(image))[image.Id];
        Assert.That(content.Layers.Select(layer => layer.Fault?.Fault), Is.EqualTo(new Fault?[] { null, Fault.Missing }));
    }

    [Test]
    public async Task Takes_what_BuildKit_left_in_a_layer_it_built_for_sound()
    {
        var image = store.Add("a:1", Layer("base"));
        store.RenameAsBuilt(image, 0);
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(Path.Combine(store.FilesOf(image, 0), "left.sock")));
        Assert.That(await DamagesAsync(image), Is.Empty);
    }

    [Test]
    public void Leaves_another_machines_engine_to_its_export()
    {
        var image = store.Add("a:1", Layer("base"));
        Directory.Delete(store.TableOf(image, 0), recursive: true);
        Assert.Multiple(() =>
        {
            Assert.That(() => ReadAsync(image), Throws.InstanceOf<SourceException>().With.Property("Fault").EqualTo(Fault.Missing));
            Assert.That(() => ReadAsync(store.Engine with { IsLocal = false }, null, image), Throws.InstanceOf<SourceException>().With.Property("Fault").EqualTo(Fault.Unsupported));
            Assert.That(() => ReadAsync(store.Engine with { Driver = "btrfs" }, null, image), Throws.InstanceOf<SourceException>().With.Property("Fault").EqualTo(Fault.Unsupported));
            Assert.That(() => ReadAsync(store.Engine with { DataRoot = "/nowhere" }, null, image), Throws.InstanceOf<SourceException>().With.Property("Fault").EqualTo(Fault.Missing));
        });
    }

    [Test]
    public void Ends_when_it_is_told_to()
    {
        using var stop = new CancellationTokenSource();
        var image = store.Add("a:1", new Dictionary<string, byte[]> { ["large"] = Large });
        Assert.That(() => new EngineLayers(TimeProvider.System).ReadAsync(store.Engine, [image], ReadingPace.Foreground, null, new Told(stop.Cancel), stop.Token),
            Throws.InstanceOf<OperationCanceledException>());
    }

    private static Dictionary<string, byte[]> Layer(string name) => new() { [$"etc/{name}"] = System.Text.Encoding.ASCII.GetBytes($"{name} of the appliance") };

    private async Task<IEnumerable<(DamageKind, string)>> DamagesAsync(StoredImage image) =>
        (await ReadAsync(image))[image.Id].Layers[0].Damages.Select(damage => (damage.Kind, damage.Path));

    private Task<IReadOnlyDictionary<Digest, StoredContent>> ReadAsync(params StoredImage[] images) => ReadAsync(null, images);

    private Task<IReadOnlyDictionary<Digest, StoredContent>> ReadAsync(IProgress<long>? progress, params StoredImage[] images) => ReadAsync(store.Engine, progress, images);

    private Task<IReadOnlyDictionary<Digest, StoredContent>> ReadAsync(EngineState engine, IProgress<long>? progress, params StoredImage[] images) =>
        new EngineLayers(TimeProvider.System).ReadAsync(engine, images, ReadingPace.Foreground, finished.Enqueue, progress, CancellationToken.None);

    private static void MakePipe(string path) => Run("mkfifo", path);

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.Zero);
    }

    private sealed class Told(Action act) : IProgress<long>
    {
        public void Report(long value) => act();
    }
}
