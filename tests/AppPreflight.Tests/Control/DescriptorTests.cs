using System.Diagnostics;
using NUnit.Framework;

namespace AppPreflight.Control;

/// <summary>An agent out of file descriptors. Of this whole process there are none left meanwhile, so nothing runs beside it.</summary>
[NonParallelizable]
[CancelAfter(60_000)]
internal sealed class DescriptorTests
{
    private const string Client = """
        import socket, sys
        sys.stdin.readline()
        s = socket.socket(socket.AF_UNIX)
        s.connect(sys.argv[1])
        print(s.makefile().readline(), flush=True)
        """;

    [Test]
    public async Task Without_descriptors_it_waits_for_some_and_goes_on(CancellationToken cancellationToken)
    {
        var told = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var count = 0;
        await using var stage = new ControlStage();
        using var end = new CancellationTokenSource();
        using var server = new ControlServer(stage, stage.Address, "0", sentence =>
        {
            count++;
            told.TrySetResult(sentence);
        }, TimeProvider.System);
        server.Open();
        var serving = server.RunAsync(end.Token);
        // once before, so that no library has to be opened later
        using (var first = stage.Raw()) await first.HearAsync(cancellationToken);
        using var client = Process.Start(new ProcessStartInfo("/usr/bin/python3", ["-c", Client, stage.Address.Socket])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
        await LimitAsync("2048:", cancellationToken);
        var fillers = new List<FileStream>();
        try
        {
            Assert.That(() =>
            {
                while (true) fillers.Add(File.OpenRead("/dev/null"));
            }, Throws.InstanceOf<IOException>());
            await client.StandardInput.WriteLineAsync("go".AsMemory(), cancellationToken);
            Assert.That(await told.Task.WaitAsync(cancellationToken), Does.StartWith("a connection to the control socket could not be accepted: "));
        }
        finally
        {
            foreach (var filler in fillers) await filler.DisposeAsync();
            await LimitAsync($"{Hard}:", CancellationToken.None);
        }

        Assert.That(await client.StandardOutput.ReadLineAsync(cancellationToken), Does.StartWith("""{"type":"hello","""));
        Assert.That(count, Is.EqualTo(1), "told once, not for each attempt");
        await client.WaitForExitAsync(cancellationToken);
        await end.CancelAsync();
        await serving;
    }

    private static string Hard => File.ReadLines("/proc/self/limits").First(line => line.StartsWith("Max open files", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[4];

    private static async Task LimitAsync(string limit, CancellationToken cancellationToken)
    {
        using var process = Process.Start("/usr/bin/prlimit", [$"--pid={Environment.ProcessId}", $"--nofile={limit}"]);
        await process.WaitForExitAsync(cancellationToken);
        Assert.That(process.ExitCode, Is.Zero);
    }
}
