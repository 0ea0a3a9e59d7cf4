using System.Diagnostics;
using AppPreflight.Docker;
using AppPreflight.Images;
using AppPreflight.LayerStore;
using AppPreflight.Pipeline;
using AppPreflight.Ports;
using AppPreflight.Rehearsal;
using NUnit.Framework;

namespace AppPreflight.Reader;

/// <summary>The shipped reader in a process of its own, with systemd's own program in systemd's place and no more rights than its unit gives it.</summary>
[NonParallelizable]
[CancelAfter(60_000)]
internal sealed class ReaderProcessTests
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private DirectoryInfo folder;
    private Process listener;

    private string SocketPath => Path.Combine(folder.FullName, "reader.sock");

    [SetUp]
    public async Task ListenAsync()
    {
        folder = Directory.CreateTempSubdirectory("app-preflight-reader-");
        listener = Process.Start(new ProcessStartInfo("systemd-socket-activate",
            ["--accept", "--inetd", "-l", SocketPath, "setpriv", "--bounding-set=-all,+dac_read_search,+sys_admin", "--no-new-privs", ShippedProgram.Find(), "reader"])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
        })!;
        // it says on which address it listens, and goes on to say what it starts
        await listener.StandardError.ReadLineAsync();
        _ = listener.StandardError.ReadToEndAsync();
    }

    [TearDown]
    public async Task EndAsync()
    {
        listener.Kill(entireProcessTree: true);
        await listener.WaitForExitAsync();
        listener.Dispose();
        folder.Delete(recursive: true);
    }

    [Test]
    public async Task Names_a_file_that_only_its_owner_may_read(CancellationToken cancellationToken)
    {
        await using var host = await SharedStage.BuildAsync([], cancellationToken);
        var place = Spoiler.StoredFilePath(host.Stage.Engine, host.Images.Installed, 0, KelvinImages.BaseFile);
        Spoiler.FlipBit(place);
        File.SetUnixFileMode(place, OwnerOnly);
        await GiveAwayAsync(place, cancellationToken);

        var layers = await ReadAsync(host, cancellationToken);

        Assert.That(layers[0].Damages.Select(damage => (damage.Kind, damage.Path)).Order(), Is.EquivalentTo(new[]
        {
            (DamageKind.Content, KelvinImages.BaseFile), (DamageKind.Mode, KelvinImages.BaseFile), (DamageKind.Owner, KelvinImages.BaseFile),
        }));
        Assert.That(layers.Skip(1).Select(layer => layer.IsSound), Is.All.True);
    }

    [Test]
    public async Task Sees_what_a_direct_reading_sees(CancellationToken cancellationToken)
    {
        await using var host = await SharedStage.BuildAsync([], cancellationToken);
        using var store = new DockerImageStore(DockerHost.Parse(host.Stage.Engine.Host), TimeProvider.System);
        var engine = await store.ReadAsync(cancellationToken);
        var image = engine.Images.Where(image => image.Tags.Contains(host.InstalledReference)).ToList();
        var direct = await new EngineLayers(TimeProvider.System).ReadAsync(engine, image, ReadingPace.Foreground, null, null, cancellationToken);

        var read = await Door.ReadAsync(engine, image, new() { IsFromMedium = true, IsBackground = true }, null, null, cancellationToken);

        Assert.That(read.Values.Single().Layers.Select(layer => (layer.Chain, layer.Observed, layer.SizeBytes, layer.Stamp, layer.IsFromMedium)),
            Is.EqualTo(direct.Values.Single().Layers.Select(layer => (layer.Chain, layer.Observed, layer.SizeBytes, layer.Stamp, true))));
        Assert.That((read.Values.Single().Config, read.Values.Single().Unseen), Is.EqualTo((direct.Values.Single().Config, direct.Values.Single().Unseen)));
    }

    [Test]
    public async Task Is_no_command_for_people(CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(ShippedProgram.Find(), ["reader"]) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var said = await process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        Assert.That((process.ExitCode, said), Is.EqualTo((64,
            "app-preflight: reader is started by systemd, for each connection to /run/app-preflight-reader.sock; see app-preflight reader --help\n")));
    }

    // a direct reading would be refused: what is seen comes from the reader
    private LayerDoor Door => new(new NoLayers(), SocketPath, mayReadAll: false, TimeProvider.System);

    private async Task<IReadOnlyList<StoredLayer>> ReadAsync(Appliance host, CancellationToken cancellationToken)
    {
        using var store = new DockerImageStore(DockerHost.Parse(host.Stage.Engine.Host), TimeProvider.System);
        var engine = await store.ReadAsync(cancellationToken);
        var image = engine.Images.First(image => image.Tags.Contains(host.InstalledReference));
        var read = await Door.ReadAsync(engine, [image], ReadingPace.Foreground, null, null, cancellationToken);
        return read[image.Id].Layers;
    }

    private static async Task GiveAwayAsync(string path, CancellationToken cancellationToken)
    {
        using var chown = Process.Start("chown", ["1234:1234", path]);
        await chown.WaitForExitAsync(cancellationToken);
        Assert.That(chown.ExitCode, Is.Zero);
    }
}
