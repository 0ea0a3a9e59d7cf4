using System.Diagnostics;
using AppPreflight.Rehearsal;

namespace AppPreflight.Packaging;

/// <summary>The package, built once for all its tests from the sources as they lie there.</summary>
internal static class PackageBuild
{
    private static readonly Lazy<Task<string>> First = new(() => BuildAsync("deb-first", "umask 0022"));
    private static readonly Lazy<Task<string>> Second = new(BuildAgainAsync);

    private static readonly Lazy<Task<string>> Trees = new(MakeTreesAsync);

    /// <summary>The folder with the solution.</summary>
    public static string Source { get; } = FindSource();

    /// <summary>Path of the .deb.</summary>
    public static Task<string> Package => First.Value;

    /// <summary>Path of a .deb that was built after the first one: in another folder, time zone, and under another umask.</summary>
    public static Task<string> PackageAgain => Second.Value;

    /// <summary>Waits for what was begun for a test that does not run this time: nothing may go on when the last test has ended.</summary>
    public static async Task SettleAsync()
    {
        if (Second.IsValueCreated) await ((Task)Second.Value).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>What a program wrote to its standard output, trimmed.</summary>
    /// <exception cref="RehearsalException">Its exit code is not 0.</exception>
    public static async Task<string> RunAsync(string program, string[] arguments, string folder, CancellationToken cancellationToken)
    {
        var (code, output) = await TryAsync(program, arguments, folder, cancellationToken);
        return code == 0 ? output : throw new RehearsalException($"{Path.GetFileName(program)} ended with {code}: {output}");
    }

    /// <summary>Its exit code, and what it wrote to its standard output, or if that is nothing, to its standard error; trimmed.</summary>
    public static async Task<(int Code, string Output)> TryAsync(string program, string[] arguments, string folder, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program.Contains('/', StringComparison.Ordinal) ? Path.Combine(folder, program) : program, arguments)
        {
            UseShellExecute = false,
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start) ?? throw new RehearsalException($"cannot start {program}");
        try
        {
            var said = process.StandardError.ReadToEndAsync(cancellationToken);
            var output = (await process.StandardOutput.ReadToEndAsync(cancellationToken)).Trim();
            await process.WaitForExitAsync(cancellationToken);
            return (process.ExitCode, output.Length > 0 ? output : (await said).Trim());
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    /// <summary>Folder of the trees that machines boot.</summary>
    public static Task<string> TreeFolder => Trees.Value;

    /// <summary>Makes what all tests of the package need, without a time limit of theirs: some minutes when nothing is there yet.</summary>
    public static Task PrepareAsync() => Task.WhenAll(TreeFolder, Package);

    private static async Task<string> MakeTreesAsync()
    {
        var folder = Path.Combine(Source, "artifacts/package-test");
        await RunAsync("tests/package/trees.sh", [folder], Source, CancellationToken.None);
        return folder;
    }

    private static async Task<string> BuildAgainAsync()
    {
        await Package;
        return await BuildAsync("deb-second", "umask 0077; export TZ=Pacific/Kiritimati");
    }

    private static Task<string> BuildAsync(string name, string before) =>
        RunAsync("sh", ["-c", $"{before}; exec packaging/build-deb.sh artifacts/{name}"], Source, CancellationToken.None);

    private static string FindSource()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "AppPreflight.sln"))) folder = folder.Parent;
        return folder?.FullName ?? throw new RehearsalException("the sources are not above the tests");
    }
}
