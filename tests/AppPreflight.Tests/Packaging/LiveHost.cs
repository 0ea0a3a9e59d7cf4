using System.Text.Json;
using System.Text.Json.Nodes;
using AppPreflight.Rehearsal;
using NUnit.Framework;

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
        var last = "";
        try
        {
            while (true)
            {
                (_, last) = await Machine.TryAsync("app-preflight status --json 2>/dev/null", cancellationToken);
                if (JsonNode.Parse(last) is { } status && wanted(status)) return status;
                await Task.Delay(100, cancellationToken);
            }
        }
        catch (OperationCanceledException e)
        {
            throw new AssertionException($"the status did not become what is wanted; last seen: {last}", e);
        }
    }

    /// <summary>What the agent wrote to the journal about the app, oldest first.</summary>
    public async Task<IReadOnlyList<JsonNode>> LogAsync(CancellationToken cancellationToken)
    {
        var lines = await Machine.DoAsync($"journalctl --sync; journalctl -q -o json --no-pager -u app-preflight.service APP={App}", cancellationToken);
        return [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!)];
    }

    /// <summary>Upgrades the app to 2.0.0 by the stand-in's own code, as root, with UCR as given. It asks the gate, and notes what it would do then.</summary>
    public Task<UniventionOutcome> UpgradeAsync(JsonObject ucr, CancellationToken cancellationToken) => UpgradeAsync(ucr, "", cancellationToken);

    /// <summary>The same, and it does it: another container runs, and UCR says so.</summary>
    public Task<UniventionOutcome> UpgradeForRealAsync(CancellationToken cancellationToken) =>
        UpgradeAsync([], "STANDIN_ENGINE=/run/docker.sock", cancellationToken);

    /// <summary>Undoes <see cref="UpgradeForRealAsync"/>.</summary>
    public async Task DowngradeAsync(CancellationToken cancellationToken)
    {
        const string Registry = "/etc/univention/base.conf";
        var upgraded = await Machine.DoAsync($"sed -n 's,^appcenter/apps/{App}/container: ,,p' {Registry}", cancellationToken);
        await Machine.DoAsync($"cp /srv/root{Registry} {Registry}.new && mv {Registry}.new {Registry}", cancellationToken);
        await Appliance.StartContainerAsync(cancellationToken);
        if (upgraded != Appliance.Container) await Appliance.Stage.Engine.Api.RemoveContainerAsync(upgraded, cancellationToken);
    }

    private async Task<UniventionOutcome> UpgradeAsync(JsonObject ucr, string environment, CancellationToken cancellationToken)
    {
        var app = UniventionReports.Kelvin();
        app["id"] = App;
        app["component_id"] = $"{App}_20250314101010";
        return new(await RunAsync(new() { ["action"] = "upgrade", ["apps"] = new JsonArray(app), ["runFolder"] = "/srv" }, ucr, environment, cancellationToken));
    }

    /// <summary>Runs the system diagnostic's plugin, or one of its buttons.</summary>
    public Task<JsonElement> DiagnoseAsync(string? action, CancellationToken cancellationToken) =>
        RunAsync(new() { ["diagnostic"] = action }, [], "", cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await Machine.DisposeAsync();
        await Appliance.DisposeAsync();
    }

    private async Task<JsonElement> RunAsync(JsonObject scenario, JsonObject ucr, string environment, CancellationToken cancellationToken)
    {
        await File.WriteAllTextAsync($"{Machine.Root}/srv/scenario.json", scenario.ToJsonString(), cancellationToken);
        await File.WriteAllTextAsync($"{Machine.Root}/srv/ucr.json", ucr.ToJsonString(), cancellationToken);
        var output = await Machine.DoAsync($"cd / && {environment} STANDIN_UCR=/srv/ucr.json python3 /srv/standin/scenario.py /srv/scenario.json", cancellationToken);
        return JsonDocument.Parse(output).RootElement;
    }
}
