using System.Text.Json;
using System.Text.Json.Nodes;
using AppPreflight.Rehearsal;

namespace AppPreflight.Packaging;

/// <summary>
/// A UCS host as far as it goes here: a machine with the rehearsal's appliance at its real paths, a live engine at
/// /run/docker.sock, the stand-in of the App Center, and the package.
/// </summary>
internal sealed class LiveHost : IAsyncDisposable
{
    // the engine's folder, not its socket: a restarted engine makes a new one
    private const string Furnish = """
        ln -s /run/rehearsal/docker.sock /run/docker.sock && cd /srv/root && cp -r etc/univention /etc/ &&
        cp -r var/cache/univention-appcenter /var/cache/ && cat var/lib/dpkg/status >>/var/lib/dpkg/status
        """;

    private LiveHost(Appliance appliance, PackageMachine machine) => (Appliance, Machine) = (appliance, machine);

    public static string App => Appliance.App;

    public Appliance Appliance { get; }

    public PackageMachine Machine { get; }

    /// <summary>The packages are installed, so the agent has begun; first the hook's package, whose trigger then finds the App Center.</summary>
    public static async Task<LiveHost> OpenAsync(IReadOnlyList<Damage> damages, CancellationToken cancellationToken)
    {
        await PackageBuild.PrepareAsync();
        var appliance = await SharedStage.BuildAsync(damages, cancellationToken);
        PackageMachine? machine = null;
        try
        {
            machine = await PackageMachine.BootWithAppCenterAtHandAsync([appliance.Root], [$"{appliance.Stage.Engine.Folder}:/run/rehearsal"], cancellationToken);
            await machine.DoAsync(Furnish, cancellationToken);
            await machine.InstallAsync(cancellationToken);
            await machine.InstallAppCenterAsync(cancellationToken);
            return new(appliance, machine);
        }
        catch
        {
            if (machine is not null) await machine.DisposeAsync();
            await appliance.DisposeAsync();
            throw;
        }
    }

    /// <summary>The status document as soon as it is as wanted; the test's own time limit ends the wait.</summary>
    public async Task<JsonNode> StatusAsync(Func<JsonNode, bool> wanted, CancellationToken cancellationToken)
    {
        while (true)
        {
            var (_, output) = await Machine.TryAsync("app-preflight status --json 2>/dev/null", cancellationToken);
            if (JsonNode.Parse(output) is { } status && wanted(status)) return status;
            await Task.Delay(100, cancellationToken);
        }
    }

    /// <summary>What the agent wrote to the journal about the app, oldest first.</summary>
    public async Task<IReadOnlyList<JsonNode>> LogAsync(CancellationToken cancellationToken)
    {
        var lines = await Machine.DoAsync($"journalctl --sync; journalctl -q -o json --no-pager -u app-preflight.service APP={App}", cancellationToken);
        return [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!)];
    }

    /// <summary>Upgrades the app to 2.0.0 by the stand-in's own code, as root, with UCR as given.</summary>
    public async Task<UniventionOutcome> UpgradeAsync(JsonObject ucr, CancellationToken cancellationToken)
    {
        var app = UniventionReports.Kelvin();
        app["id"] = App;
        app["component_id"] = $"{App}_20250314101010";
        return new(await RunAsync(new() { ["action"] = "upgrade", ["apps"] = new JsonArray(app), ["runFolder"] = "/srv" }, ucr, cancellationToken));
    }

    /// <summary>Runs the system diagnostic's plugin, or one of its buttons.</summary>
    public Task<JsonElement> DiagnoseAsync(string? action, CancellationToken cancellationToken) =>
        RunAsync(new() { ["diagnostic"] = action }, [], cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await Machine.DisposeAsync();
        await Appliance.DisposeAsync();
    }

    private async Task<JsonElement> RunAsync(JsonObject scenario, JsonObject ucr, CancellationToken cancellationToken)
    {
        await File.WriteAllTextAsync($"{Machine.Root}/srv/scenario.json", scenario.ToJsonString(), cancellationToken);
        await File.WriteAllTextAsync($"{Machine.Root}/srv/ucr.json", ucr.ToJsonString(), cancellationToken);
        var output = await Machine.DoAsync("cd / && STANDIN_UCR=/srv/ucr.json python3 /srv/standin/scenario.py /srv/scenario.json", cancellationToken);
        return JsonDocument.Parse(output).RootElement;
    }
}
