using System.Diagnostics;

namespace AppPreflight.Rehearsal;

/// <summary>Where images are made in all the ways there are, into one engine's store, each under a reference of its own.</summary>
internal sealed class Workshop(Stage stage, string name, string image)
{
    private static readonly string[] Applets =
    [
        "cat", "chmod", "chown", "cp", "dd", "echo", "ln", "mkdir", "mkfifo", "mknod", "mv", "rm", "rmdir", "sh", "sleep", "touch", "true", "truncate",
    ];

    /// <summary>What images are built from; it has to be there before anything is built.</summary>
    public static string Ground(string name) => $"{name}/ground:1";

    public string Reference => $"{stage.Registry.Authority}/{name}/{image}:1";

    /// <summary>Loads an image with a static shell.</summary>
    public static Task PrepareAsync(Stage stage, string name, CancellationToken cancellationToken)
    {
        var layer = RawTar.Layer(
        [
            TarPiece.Folder("bin"),
            TarPiece.File("bin/busybox", File.ReadAllBytes(Programs.Busybox)) with { Mode = "0755" },
            .. Applets.Select(applet => TarPiece.SymbolicLink($"bin/{applet}", "busybox")),
            TarPiece.Folder("etc"), TarPiece.Text("etc/motd", $"{name}\n"),
            TarPiece.Folder("lower"), TarPiece.Text("lower/file", "a file\n"), TarPiece.Text("lower/other", "another\n"),
            TarPiece.Folder("lower/folder"), TarPiece.Text("lower/folder/inside", "inside\n"),
            TarPiece.Folder("tmp", "1777"),
        ]);
        return stage.Engine.Api.LoadAsync(ImageBuilder.Archive(ImageBuilder.Build(new(name), layer), Ground(name)), cancellationToken);
    }

    /// <summary>Builds on the ground.</summary>
    /// <param name="lines">The Dockerfile without its first line.</param>
    /// <param name="context">Files beside it.</param>
    /// <param name="cancellationToken">Ends the build.</param>
    public Task BuildAsync(string lines, IReadOnlyList<TarPiece> context, CancellationToken cancellationToken) => stage.Engine.Api.BuildAsync(
        Reference, RawTar.Write([TarPiece.Text("Dockerfile", $"FROM {Ground(name)}\n{lines}\n"), .. context]), cancellationToken);

    /// <summary>Pushes an image of these layers, and pulls it.</summary>
    public async Task PushAsync(IReadOnlyList<BuiltLayer> layers, CancellationToken cancellationToken)
    {
        await stage.Registry.Api.PushAsync($"{name}/{image}", "1", ImageBuilder.Build(new($"{name} {image}"), layers), cancellationToken);
        await stage.Engine.Api.FetchAsync(Reference, null, cancellationToken);
    }

    public Task LoadAsync(IReadOnlyList<BuiltLayer> layers, CancellationToken cancellationToken) => stage.Engine.Api.LoadAsync(
        ImageBuilder.Archive(ImageBuilder.Build(new($"{name} {image}"), layers), Reference), cancellationToken);

    /// <summary>Lets a container work, and makes an image of what it leaves.</summary>
    public async Task CommitAsync(string script, CancellationToken cancellationToken)
    {
        var container = await stage.Engine.Api.RunAsync($"{name}-{image}", Ground(name), ["/bin/sh", "-ec", script], cancellationToken);
        await stage.Engine.Api.CommitAsync(container, Reference, cancellationToken);
    }

    public Task ImportAsync(byte[] tar, CancellationToken cancellationToken) => stage.Engine.Api.ImportAsync(Reference, tar, cancellationToken);

    /// <summary>Lets programs of this machine make layers: the script leaves 1.tar, 2.tar ... in its folder.</summary>
    public async Task PushMadeByAsync(string script, CancellationToken cancellationToken)
    {
        var folder = WorkFolder.Create("w");
        try
        {
            await RunAsync(folder, script, cancellationToken);
            var tars = Directory.GetFiles(folder, "*.tar").Order(StringComparer.Ordinal);
            await PushAsync([.. tars.Select(tar => LayerBuilder.Pack(File.ReadAllBytes(tar)))], cancellationToken);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Lets programs of this machine bring the image into the engine or the registry themselves; then it is pulled.</summary>
    public async Task MadeByAsync(string script, CancellationToken cancellationToken)
    {
        var folder = WorkFolder.Create("w");
        try
        {
            await RunAsync(folder, script, cancellationToken);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        if (await stage.Engine.Api.FindImageAsync(Reference, cancellationToken) is null)
            await stage.Engine.Api.FetchAsync(Reference, null, cancellationToken);
    }

    private async Task RunAsync(string folder, string script, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("bash", ["-euc", script]) { UseShellExecute = false, RedirectStandardError = true, WorkingDirectory = folder };
        start.Environment["REFERENCE"] = Reference;
        start.Environment["GROUND"] = Ground(name);
        start.Environment["DOCKER_HOST"] = stage.Engine.Host;
        using var shell = Process.Start(start) ?? throw new RehearsalException("cannot start bash");
        var complaint = await shell.StandardError.ReadToEndAsync(cancellationToken);
        await shell.WaitForExitAsync(cancellationToken);
        if (shell.ExitCode != 0) throw new RehearsalException($"cannot make {Reference}: {complaint}");
    }
}
