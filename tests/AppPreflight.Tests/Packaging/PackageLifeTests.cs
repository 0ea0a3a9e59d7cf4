using NUnit.Framework;

namespace AppPreflight.Packaging;

/// <summary>The package's life on a host: installed, upgraded, removed, purged, and installed again.</summary>
[NonParallelizable]
internal sealed class PackageLifeTests
{
    private const string Wiki = """{id: wiki, installed: {version: "1"}, versions: [{version: "2", images: ["127.0.0.1:1/wiki:2"]}]}""";
    private const string Journal = """{"mark":"intent","run":"r","act":1,"at":"2026-11-20T00:00:00Z","app":"wiki","image":"h/wiki:1","kind":"pull","subject":"h/wiki:1"}""";

    // all names but those of logs, caches and lists that the system itself keeps about any package
    private const string AllFiles = """
        find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /run/systemd -o -path /srv -o -path /tmp -o -path /var/tmp \
          -o -path /var/log -o -path /var/cache -o -path /var/lib/apt -o -path /var/lib/dpkg -o -path /root \) -prune -o -print | sort;
        find /var/lib/dpkg -name 'app-preflight*'; find /run -xdev -name '*app-preflight*'
        """;

    [OneTimeSetUp]
    public Task Prepare() => PackageBuild.PrepareAsync();

    [Test, CancelAfter(120_000)]
    public async Task Removal_keeps_configuration_and_state(CancellationToken cancellationToken)
    {
        await using var machine = await PackageMachine.BootWithPackageAsync(cancellationToken);
        await machine.DoAsync("echo 'auto: check' >>/etc/app-preflight/config.yaml; echo x >/var/lib/app-preflight/kept", cancellationToken);

        await machine.AptAsync("remove app-preflight", cancellationToken);

        Assert.That(await machine.DoAsync("tail -n 1 /etc/app-preflight/config.yaml; cat /var/lib/app-preflight/kept", cancellationToken), Is.EqualTo("auto: check\nx"));
        Assert.That(await machine.DoAsync("ls -d /usr/bin/app-preflight /usr/lib/app-preflight /run/app-preflight /run/app-preflight-reader.sock || true", cancellationToken), Does.Not.Match("(?m)^/"));
    }

    [Test, CancelAfter(120_000)]
    public async Task Comes_back_with_the_kept_configuration(CancellationToken cancellationToken)
    {
        await using var machine = await PackageMachine.BootWithPackageAsync(cancellationToken);
        await machine.DoAsync("echo 'auto: check' >>/etc/app-preflight/config.yaml", cancellationToken);
        await machine.AptAsync("remove app-preflight", cancellationToken);

        await machine.InstallAsync(cancellationToken);

        Assert.That(await machine.DoAsync("tail -n 1 /etc/app-preflight/config.yaml", cancellationToken), Is.EqualTo("auto: check"));
        await machine.WaitAsync("ActiveState", state => state == "active", cancellationToken);
    }

    [Test, CancelAfter(120_000)]
    public async Task Purge_leaves_nothing(CancellationToken cancellationToken)
    {
        await using var machine = await PackageMachine.BootAsync("bare", [await PackageBuild.Package], cancellationToken);
        var before = await machine.DoAsync(AllFiles, cancellationToken);
        await machine.InstallAsync(cancellationToken);
        await machine.WaitAsync("ActiveState", state => state == "active", cancellationToken);
        await machine.DoAsync("echo 'id: wiki' >/etc/app-preflight/apps.d/wiki.yaml; echo x >/var/lib/app-preflight/more", cancellationToken);

        await machine.AptAsync("purge app-preflight", cancellationToken);

        Assert.That((await machine.DoAsync(AllFiles, cancellationToken)).Split('\n'), Is.EqualTo(before.Split('\n')));
        Assert.That(await machine.DoAsync("systemctl list-units --all --plain --no-legend 'app-preflight*'", cancellationToken), Is.Empty);
    }

    [Test, CancelAfter(120_000)]
    public async Task Takes_over_the_state_of_0_1_0_and_opens_it_to_the_group_adm(CancellationToken cancellationToken)
    {
        await using var machine = await PackageMachine.BootWithPackageAsync(cancellationToken);
        await machine.DoAsync($"systemctl stop app-preflight; echo 'auto: off' >>/etc/app-preflight/config.yaml; echo '{Wiki}' >/etc/app-preflight/apps.d/wiki.yaml", cancellationToken);
        await machine.TryAsync("app-preflight check wiki", cancellationToken); // writes a report, of an engine that is not there
        var report = await machine.DoAsync("cat /var/lib/app-preflight/reports/wiki.json", cancellationToken);
        await machine.AptAsync("remove app-preflight", cancellationToken);
        // 0.1.0 had no package, and kept its state for root alone
        await machine.DoAsync($"cd /var/lib/app-preflight && echo '{Journal}' >journal.jsonl && chgrp -R root . && chmod -R u=rwX,go= .", cancellationToken);

        await machine.InstallAsync(cancellationToken);

        Assert.That(await machine.DoAsync("cd /var/lib/app-preflight; stat -c '%a %U:%G' . reports journal.jsonl reports/wiki.json", cancellationToken),
            Is.EqualTo("750 root:adm\n750 root:adm\n640 root:adm\n640 root:adm"));
        Assert.That(await machine.DoAsync("head -n 1 /var/lib/app-preflight/journal.jsonl", cancellationToken), Is.EqualTo(Journal));
        Assert.That(await machine.DoAsync("cat /var/lib/app-preflight/reports/wiki.json", cancellationToken), Is.EqualTo(report));
    }

    [Test, CancelAfter(120_000)]
    public async Task Upgrade_stops_the_old_agent_first_and_keeps_the_journal(CancellationToken cancellationToken)
    {
        await using var machine = await PackageMachine.BootAsync("bare", [await PackageBuild.Package], cancellationToken);
        await machine.DoAsync("""
            cd /srv && dpkg-deb -R app-preflight_*_amd64.deb old && sed -i 's/^Version: .*/Version: 0.1.9/' old/DEBIAN/control &&
            sed -i '2i [ "$1" != upgrade ] || systemctl is-active app-preflight >/srv/at-unpack || true' old/DEBIAN/postrm &&
            mkdir older && dpkg-deb -Znone -b old older && DEBIAN_FRONTEND=noninteractive apt-get -y -q --no-install-recommends install ./older/*.deb
            """, cancellationToken);
        await machine.WaitAsync("ActiveState", state => state == "active", cancellationToken);
        await machine.DoAsync($"systemctl stop app-preflight; echo '{Journal}' >/var/lib/app-preflight/journal.jsonl; systemctl start app-preflight", cancellationToken);

        await machine.InstallAsync(cancellationToken);

        await machine.WaitAsync("ActiveState", state => state == "active", cancellationToken);
        Assert.That(await machine.DoAsync("dpkg-query -W -f '${Version}' app-preflight", cancellationToken), Is.Not.EqualTo("0.1.9"));
        Assert.That(await machine.DoAsync("head -n 1 /var/lib/app-preflight/journal.jsonl", cancellationToken), Is.EqualTo(Journal));
        Assert.That(await machine.DoAsync("cat /srv/at-unpack", cancellationToken), Is.EqualTo("inactive"));
    }
}
