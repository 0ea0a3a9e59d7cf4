using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace AppPreflight.Rehearsal;

/// <summary>One run of one program, from its start to its end.</summary>
/// <param name="PeakBytes">The most memory it held (VmHWM); of a shell's pipeline: the shell's alone.</param>
/// <param name="Output">What it wrote to stdout.</param>
internal sealed record Lap(TimeSpan Time, long PeakBytes, string Output)
{
    // VmHWM only grows, so only what it grew in the last interval is missed. ru_maxrss of wait4 would not do: a child starts
    // with the memory of the process that forked it, and that one is larger than what is measured here. getrusage(2), proc(5)
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(5);

    /// <exception cref="RehearsalException">It cannot be started, or does not end with 0.</exception>
    public static Task<Lap> RunAsync(string program, IReadOnlyList<string> words, CancellationToken cancellationToken) =>
        RunAsync(program, words, 0, cancellationToken);

    /// <exception cref="RehearsalException">It cannot be started, or does not end with this code.</exception>
    public static async Task<Lap> RunAsync(string program, IReadOnlyList<string> words, int exit, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        using var process = Start(program, words);
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var error = process.StandardError.ReadToEndAsync(CancellationToken.None);
        var (ended, peak) = await WatchAsync(process, clock, cancellationToken);
        if (process.ExitCode != exit) throw new RehearsalException($"{program} {string.Join(' ', words)} ended with {process.ExitCode}: {OneLine(await output, await error)}");
        return new(ended, peak, await output);
    }

    private static Process Start(string program, IReadOnlyList<string> words)
    {
        var start = new ProcessStartInfo(program, words) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception absent)
        {
            throw new RehearsalException($"cannot start {program}: {absent.Message}", absent);
        }
    }

    private static async Task<(TimeSpan Time, long PeakBytes)> WatchAsync(Process process, Stopwatch clock, CancellationToken cancellationToken)
    {
        try
        {
            var end = EndAsync(process, clock, cancellationToken);
            var peak = 0L;
            while (!end.IsCompleted)
            {
                peak = Math.Max(peak, HighWater(process.Id));
                await Task.WhenAny(end, Task.Delay(PollInterval, cancellationToken));
            }

            return (await end, peak);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    private static async Task<TimeSpan> EndAsync(Process process, Stopwatch clock, CancellationToken cancellationToken)
    {
        await process.WaitForExitAsync(cancellationToken);
        return clock.Elapsed;
    }

    // 0 where it has just ended
    private static long HighWater(int processId)
    {
        try
        {
            var line = File.ReadLines($"/proc/{processId}/status").FirstOrDefault(text => text.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line["VmHWM:".Length..^"kB".Length], NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture) << 10;
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private static string OneLine(string output, string error)
    {
        var text = string.Join(' ', $"{error} {output}".Split((char[])['\n', ' '], StringSplitOptions.RemoveEmptyEntries));
        return text.Length > 400 ? text[..400] : text;
    }
}
