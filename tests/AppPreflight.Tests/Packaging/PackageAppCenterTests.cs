using NUnit.Framework;

namespace AppPreflight.Packaging;

/// <summary>What belongs to a UCS host gets there and away again, whichever of the two packages comes and goes first.</summary>
[NonParallelizable]
internal sealed class PackageAppCenterTests
{
    private const string Python = "/usr/lib/python3/dist-packages";
    private const string Actions = Python + "/univention/appcenter/actions";

    private static readonly string[] InPlace =
    [
        Actions + "/app_preflight.py",
        Python + "/app_preflight_gate",
        Python + "/univention/management/console/modules/diagnostic/plugins/90_app_preflight.py",
        "/etc/univention/registry.info/variables/app-preflight.cfg",
    ];

    [OneTimeSetUp]
    public async Task Prepare()
    {
        await PackageBuild.PrepareAsync();
        _ = PackageBuild.PackageAgain; // meanwhile, for PackageTwiceTests
    }

    [Test, CancelAfter(120_000)]
    public async Task Without_an_App_Center_nothing_is_put_anywhere(CancellationToken cancellationToken)
    {
        await using var machine = await BootAsync(cancellationToken);
        await machine.InstallAsync(cancellationToken);
        Assert.That(await FoundAsync(machine, cancellationToken), Is.Empty);
    }

    [Test, CancelAfter(120_000)]
    public async Task Gets_in_place_where_the_App_Center_is_and_away_with_the_package(CancellationToken cancellationToken)
    {
        await using var machine = await BootAsync(cancellationToken);
        await machine.InstallAppCenterAsync(cancellationToken);
        await machine.InstallAsync(cancellationToken);
        Assert.That(await FoundAsync(machine, cancellationToken), Is.EquivalentTo(InPlace));
        await machine.DoAsync("python3 /usr/share/app-preflight/univention/selftest.py", cancellationToken); // compiles what it loads

        await machine.AptAsync("remove app-preflight", cancellationToken);
        Assert.That(await FoundAsync(machine, cancellationToken), Is.Empty);
        Assert.That(await machine.DoAsync($"ls {Actions}/upgrade.py", cancellationToken), Is.Not.Empty);

        await machine.InstallAsync(cancellationToken);
        Assert.That(await FoundAsync(machine, cancellationToken), Is.EquivalentTo(InPlace));
    }

    [Test, CancelAfter(120_000)]
    public async Task Gets_in_place_when_the_App_Center_comes_later(CancellationToken cancellationToken)
    {
        await using var machine = await BootAsync(cancellationToken);
        await machine.InstallAsync(cancellationToken);
        await machine.InstallAppCenterAsync(cancellationToken);
        Assert.That(await FoundAsync(machine, cancellationToken), Is.EquivalentTo(InPlace));
    }

    [Test, CancelAfter(120_000)]
    public async Task Goes_when_the_App_Center_goes_first(CancellationToken cancellationToken)
    {
        await using var machine = await BootAsync(cancellationToken);
        await machine.InstallAppCenterAsync(cancellationToken);
        await machine.InstallAsync(cancellationToken);

        await machine.AptAsync("purge center", cancellationToken);
        Assert.That(await machine.DoAsync($"ls -d {Actions} {Python}/app_preflight_gate 2>/dev/null || true", cancellationToken), Is.Empty);

        await machine.AptAsync("purge app-preflight", cancellationToken);
        Assert.That(await FoundAsync(machine, cancellationToken), Is.Empty);
    }

    private static Task<PackageMachine> BootAsync(CancellationToken cancellationToken) =>
        PackageMachine.BootWithAppCenterAtHandAsync([], [], cancellationToken);

    private static async Task<string[]> FoundAsync(PackageMachine machine, CancellationToken cancellationToken)
    {
        var found = await machine.DoAsync("find /usr/lib/python3 /etc/univention -name '*app*preflight*' 2>/dev/null || true", cancellationToken);
        return found.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
