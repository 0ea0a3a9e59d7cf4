using System.Diagnostics;

namespace AppPreflight.Rehearsal;

/// <summary>
/// Runs one daemon in process and mount namespaces of its own, below a small shell that takes orders from a pipe. When the
/// pipe closes, by <see cref="DisposeAsync"/> or because this process was killed, everything in there is ended by the
/// kernel, its mounts vanish with the namespace, and the shell removes the folder: nothing stays behind in either case.
/// </summary>
internal sealed class Supervisor : IAsyncDisposable
{
    // bash, not sh: as process 1 it has to reap the orphaned shims of the engine while it waits for an order. The last lines run when
    // the pipe is closed: everybody else is killed until nobody is left, for a folder or a control group in use cannot be removed.
    private const string Script = """
        folder=$1 group=$2; shift 2
        exec 2>>"$folder/log"
        trap '' INT HUP TERM
        while read -r order; do
          case $order in
            start) rm -f "$folder/pid" "$folder/exec/containerd/containerd.pid"
                   "$@" >>"$folder/log" 2>&1 </dev/null & child=$!; echo started;;
            alive) if kill -0 "$child" 2>/dev/null; then echo alive; else echo dead; fi;;
            stop) kill -TERM "$child"; wait "$child"; echo "ended $?";;
            kill) kill -KILL "$child"; wait "$child"; echo "ended $?";;
          esac
        done
        while kill -KILL -1; do sleep 0.01; done
        grep -F " $folder/" /proc/self/mounts | cut -d ' ' -f 2 | sort -r | xargs -r umount -l
        find /sys/fs/cgroup -depth -type d -path "*/$group*" -exec rmdir {} +
        rm -rf --one-file-system "$folder"
        """;

    // a proxy of the person at the keyboard is none of the appliance's
    private static readonly string[] Inherited =
        ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "no_proxy", "all_proxy"];

    private static readonly TimeSpan OrderLimit = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(20);

    private readonly SemaphoreSlim oneOrder = new(1);
    private readonly Process shell;
    private readonly string folder;

    private Supervisor(string folder, Process shell) => (this.folder, this.shell) = (folder, shell);

    /// <summary>The control group below which the daemon may put its containers; removed at the end.</summary>
    public static string GroupOf(string folder) => Path.GetFileName(folder);

    /// <summary>Opens the namespaces; the daemon itself starts with <see cref="StartAsync"/>.</summary>
    public static Supervisor Open(
        string folder, string program, IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string> environment)
    {
        // setsid: Ctrl-C in the terminal is for us alone, we then close the pipe
        string[] wrapper =
        [
            "unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc",
            "bash", "-c", Script, "bash", folder, GroupOf(folder), program,
        ];
        var start = new ProcessStartInfo("setsid", [.. wrapper, .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            WorkingDirectory = "/",
        };
        foreach (var name in Inherited.Where(name => !environment.ContainsKey(name))) start.Environment.Remove(name);
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return new(folder, Process.Start(start) ?? throw new RehearsalException($"cannot start {program}"));
    }

    public Task StartAsync(CancellationToken cancellationToken) => OrderAsync("start", cancellationToken);

    /// <summary>Asks the daemon to end (SIGTERM) and waits for it.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => OrderAsync("stop", cancellationToken);

    /// <summary>Ends the daemon as a crash would (SIGKILL); what it started is left as it is.</summary>
    public Task KillAsync(CancellationToken cancellationToken) => OrderAsync("kill", cancellationToken);

    public async Task<bool> IsAliveAsync(CancellationToken cancellationToken) =>
        await OrderAsync("alive", cancellationToken) == "alive";

    /// <summary>The last lines the daemon wrote, for a failure message.</summary>
    public string LogTail(int lines = 15)
    {
        var log = Path.Combine(folder, "log");
        return File.Exists(log) ? string.Join('\n', File.ReadLines(log).TakeLast(lines)) : "(no log)";
    }

    public async ValueTask DisposeAsync()
    {
        shell.StandardInput.Close();
        using var limit = new CancellationTokenSource(EndLimit);
        try
        {
            await shell.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            shell.Kill();
        }

        shell.Dispose();
        oneOrder.Dispose();
    }

    private async Task<string> OrderAsync(string order, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(OrderLimit);
        await oneOrder.WaitAsync(limit.Token);
        try
        {
            await shell.StandardInput.WriteLineAsync(order.AsMemory(), limit.Token);
            await shell.StandardInput.FlushAsync(limit.Token);
            return await shell.StandardOutput.ReadLineAsync(limit.Token)
                ?? throw new RehearsalException($"no namespaces for the rehearsal (is this root?): {LogTail()}");
        }
        catch (IOException broken)
        {
            throw new RehearsalException($"no namespaces for the rehearsal (is this root?): {LogTail()}", broken);
        }
        finally
        {
            oneOrder.Release();
        }
    }
}
