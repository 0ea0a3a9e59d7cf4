using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace AppPreflight.Rehearsal;

/// <summary>The product as it ships, pointed at one host and one engine.</summary>
internal sealed class Executable(string path, string root, string host, string state)
{
    public Executable(string path, Appliance appliance)
        : this(path, appliance.Root, appliance.Host, appliance.State)
    {
    }

    /// <summary>Runs it on our own terminal: what is seen is what it prints. Returns its exit code.</summary>
    public async Task<int> ShowAsync(string words, CancellationToken cancellationToken)
    {
        using var process = Start(words, captured: false);
        await WaitAsync(process, cancellationToken);
        return process.ExitCode;
    }

    /// <summary>Its exit code, and the codes of the findings that <c>--json</c> tells, sorted as in <see cref="Damage.Before"/>.</summary>
    /// <exception cref="RehearsalException">It prints something else than a report.</exception>
    public async Task<(int ExitCode, IReadOnlyList<string> Codes)> CodesAsync(string words, CancellationToken cancellationToken)
    {
        var (code, report) = await ReportAsync(words, cancellationToken);
        return (code, CodesOf(report));
    }

    /// <summary>Its exit code and what <c>--json</c> tells.</summary>
    /// <exception cref="RehearsalException">It prints something else than a report.</exception>
    public async Task<(int ExitCode, JsonNode Report)> ReportAsync(string words, CancellationToken cancellationToken)
    {
        using var process = Start($"{words} --json", captured: true);
        var said = process.StandardError.ReadToEndAsync(cancellationToken);
        var text = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await WaitAsync(process, cancellationToken);
        var report = Parsed(text, "findings") ?? throw new RehearsalException($"app-preflight {words} --json printed no report: {text}{await said}");
        return (process.ExitCode, report);
    }

    /// <summary>Its exit code and what <c>compare --json</c> tells.</summary>
    /// <exception cref="RehearsalException">It prints no comparison.</exception>
    public async Task<(int ExitCode, JsonNode Comparison)> CompareAsync(string words, CancellationToken cancellationToken)
    {
        var (code, text, said) = await RunAsync($"compare {words} --json", null, cancellationToken);
        return (code, Parsed(text, "layers") ?? throw new RehearsalException($"app-preflight compare {words} --json ended with {code} and no comparison: {text}{said}"));
    }

    /// <summary>Its exit code and its complaints, whatever it prints.</summary>
    public async Task<(int ExitCode, string Said)> EndAsync(string words, CancellationToken cancellationToken)
    {
        var (code, _, said) = await RunAsync(words, null, cancellationToken);
        return (code, said);
    }

    /// <summary>Its exit code, what it prints and its complaints.</summary>
    public Task<(int Code, string Text, string Said)> RunAsync(string words, CancellationToken cancellationToken) => RunAsync(words, null, cancellationToken);

    /// <summary>What it prints, whatever its exit code.</summary>
    public async Task<string> SayAsync(string words, CancellationToken cancellationToken) => (await RunAsync(words, null, cancellationToken)).Text;

    /// <summary>Runs it with a crash point armed (CONTRIBUTING has them), and throws away what it says.</summary>
    /// <returns>Its exit code: 137 when it died there, as from SIGKILL.</returns>
    public async Task<int> CrashAsync(string words, string point, CancellationToken cancellationToken) => (await RunAsync(words, point, cancellationToken)).Code;

    /// <summary>The codes of a report's findings, sorted.</summary>
    public static IReadOnlyList<string> CodesOf(JsonNode report) =>
        [.. report["findings"]!.AsArray().Select(finding => finding!["code"]!.GetValue<string>()).Order(StringComparer.Ordinal)];

    /// <summary>The culprits that a report's findings name, each once.</summary>
    public static IReadOnlyList<string> CulpritsOf(JsonNode report) =>
    [
        .. report["findings"]!.AsArray().Select(finding => finding!["cause"]?["culprit"]?.GetValue<string>()).OfType<string>()
            .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal),
    ];

    private async Task<(int Code, string Text, string Said)> RunAsync(string words, string? crash, CancellationToken cancellationToken)
    {
        using var process = Start(words, captured: true, crash);
        var said = process.StandardError.ReadToEndAsync(cancellationToken);
        var text = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await WaitAsync(process, cancellationToken);
        return (process.ExitCode, text, await said);
    }

    private static JsonNode? Parsed(string report, string list)
    {
        try
        {
            return JsonNode.Parse(report) is { } node && node[list] is JsonArray ? node : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private Process Start(string words, bool captured, string? crash = null)
    {
        string[] where = ["--root", root, "--host", host, "--state", state];
        var start = new ProcessStartInfo(path, [.. words.Split(' '), .. where])
        {
            UseShellExecute = false,
            RedirectStandardOutput = captured,
            RedirectStandardError = captured,
        };
        if (crash is not null) start.Environment["APP_PREFLIGHT_CRASH"] = crash;
        return Process.Start(start) ?? throw new RehearsalException($"cannot start {path}");
    }

    private static async Task WaitAsync(Process process, CancellationToken cancellationToken)
    {
        try
        {
            await process.WaitForExitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }
    }
}
