namespace AppPreflight.Rehearsal;

/// <summary>What can be wrong between the host's files, its engine and its containers.</summary>
internal static class HostDamages
{
    private const string Absent = "image-absent";

    private static readonly string Here = $"gate {ApplianceFiles.App}=1.10.3";
    private static readonly string Next = $"gate {ApplianceFiles.App}=2.0.0";

    public static IReadOnlyList<Damage> All { get; } =
    [
        OfFiles("app-withdrawn", "no cache has the app any more", ["app-unknown"], host => ApplianceFiles.Withdraw(host.Root)),
        OfFiles("app-unregistered", "the app is not registered as installed", ["app-not-installed"], Unregister),
        OfFiles("app-pinned", "the app is pinned to its version", ["app-pinned", "app-pinned", Absent, Absent], host => host.Register("pinned", "true"))
            with { After = ["app-pinned", "app-pinned"] },
        OfFiles("nothing-newer", "3.1.1 is registered as installed already", ["chain-empty"], host => host.Register("version", "3.1.1")) with { Exit = 0 },
        OfFiles("target-off-the-chain", "a version is asked for that the chain passes by", ["chain-gap", Absent, Absent], host => host.Offer("1.11.0", host.IntermediateReference))
            with { Check = $"check {ApplianceFiles.App}=1.11.0 --content", Repair = $"repair {ApplianceFiles.App}=1.11.0", After = ["chain-gap"] },
        OfFiles("release-twice", "two releases of the cache bear the version 3.1.1: the App Center would go from one to the other for ever", ["chain-cycle", Absent],
            host => ApplianceFiles.Offer(host.Root, "99991231235959", "3.1.1", host.TargetReference, "")) with { After = ["chain-cycle"] },
        OfFiles("required-app-gone", "an app that 2.0.0 and 3.1.1 need is not installed", [Absent, Absent, "step-refused", "step-refused"], host => ApplianceFiles.Uninstall(host.Root))
            with { After = ["step-refused", "step-refused"] },
        OfFiles("description-broken", "the description of a release is no INI file", ["catalog-unreadable"],
            host => ApplianceFiles.Write(host.Root, "2.0.0", "ini", "[Application]\nID = a\nID = b\n[Application]\n")),
        OfFiles("cache-being-unpacked", "the App Center's cache is just being replaced", ["catalog-refreshing"], host => ApplianceFiles.Unpacking(host.Root)) with { Exit = 2 },
        OfFiles("compose-broken", "the compose file of 2.0.0 is no YAML", ["catalog-unreadable", "compose-unreadable"],
            host => ApplianceFiles.Write(host.Root, "2.0.0", "compose", "services: [\n")),
        OfFiles("engine-elsewhere", "no engine answers where it is looked for", ["engine-unreachable"], host => host.Host = $"unix://{host.Root}/nobody.sock") with { Exit = 2 },
        OfFiles("container-lost", "the container that is registered for the app does not exist", ["container-absent"], host => host.Register("container", new string('a', 64)))
            with { Check = Here, Repair = Here, Exit = 0 },
        OfFiles("container-not-renewed", "2.0.0 is registered as installed, and its container still stands on the image of 1.10.3", ["container-on-other-image"], Ahead)
            with { NeedsStored = true, Check = Next, Repair = Next },
    ];

    public static Task RegisterAhead(Appliance appliance)
    {
        Ahead(appliance);
        return Task.CompletedTask;
    }

    private static void Ahead(Appliance appliance)
    {
        appliance.Register("version", "2.0.0");
        appliance.Register("image", appliance.IntermediateReference);
    }

    private static void Unregister(Appliance appliance)
    {
        foreach (var key in (string[])["status", "version", "ucs", "image", "container"]) appliance.Register(key, null);
    }

    private static Damage OfFiles(string name, string what, string[] codes, Action<Appliance> spoil) =>
        new(name, what, "the host's files are written anew", (appliance, _) =>
        {
            spoil(appliance);
            return Task.CompletedTask;
        })
        {
            Before = codes,
            After = codes,
        };
}
