namespace AppPreflight.AppCenter;

/// <summary>Lays one service over another: the override file over the main one, a service over the one it extends.</summary>
/// <remarks>Source: compose 1.29.2 config/config.py, merge_service_dicts. Only what later checks and the pull look at is merged finely.</remarks>
internal static class ComposeMerge
{
    private static readonly string[] Mappings = ["environment", "labels", "ulimits", "sysctls", "storage_opt", "extra_hosts", "depends_on", "networks"];
    private static readonly string[] Unions = ["cap_add", "cap_drop", "expose", "external_links", "volumes_from", "device_cgroup_rules", "profiles", "links", "secrets", "configs", "security_opt", "ports"];
    private static readonly string[] Sequences = ["dns", "dns_search", "env_file", "tmpfs"];
    private static readonly string[] Deep = ["logging", "blkio_config", "healthcheck", "deploy"];

    /// <summary>Keys that merging drops: all that it does not know.</summary>
    private static readonly HashSet<string> Known = new(
        [.. Mappings, .. Unions, .. Sequences, .. Deep, "volumes", "devices", "build",
            "cgroup_parent", "command", "cpu_count", "cpu_percent", "cpu_period", "cpu_quota", "cpu_rt_period", "cpu_rt_runtime", "cpu_shares", "cpus",
            "cpuset", "dns_opt", "domainname", "entrypoint", "group_add", "hostname", "image", "ipc", "isolation", "mac_address", "mem_limit",
            "mem_reservation", "memswap_limit", "mem_swappiness", "oom_score_adj", "oom_kill_disable", "pid", "privileged", "read_only", "restart", "runtime",
            "shm_size", "pids_limit", "stdin_open", "stop_signal", "tty", "user", "userns_mode", "working_dir", "container_name", "credential_spec", "init",
            "network_mode", "platform", "scale", "stop_grace_period"],
        StringComparer.Ordinal);

    public static YamlValue Files(YamlValue? lower, YamlValue? upper)
    {
        var empty = new YamlValue(YamlKind.Map);
        var merged = Services(lower ?? empty, upper ?? empty);
        if ((upper?.Get("extends") ?? lower?.Get("extends")) is { } extends)
        {
            merged.Set("extends", extends);
        }

        return merged;
    }

    public static YamlValue Services(YamlValue lower, YamlValue upper)
    {
        var merged = new YamlValue(YamlKind.Map);
        foreach (var key in lower.Entries().Concat(upper.Entries()).Select(e => e.Key.Text).Where(Known.Contains).Distinct(StringComparer.Ordinal))
        {
            merged.Set(key, Field(key, lower.Get(key), upper.Get(key)));
        }

        return merged;
    }

    private static YamlValue Field(string key, YamlValue? lower, YamlValue? upper) => key switch
    {
        _ when Mappings.Contains(key, StringComparer.Ordinal) => Mapping(key, lower, upper),
        _ when Unions.Contains(key, StringComparer.Ordinal) => Union(lower, upper),
        _ when Sequences.Contains(key, StringComparer.Ordinal) => Sequence(lower, upper),
        _ when Deep.Contains(key, StringComparer.Ordinal) => Overlay(lower, upper),
        "volumes" or "devices" => Paths(lower, upper),
        "build" => Overlay(BuildMap(lower), BuildMap(upper)),
        _ => upper ?? lower!,
    };

    private static YamlValue BuildMap(YamlValue? build)
    {
        if (build is not { IsText: true })
        {
            return build ?? new YamlValue(YamlKind.Map);
        }

        var map = new YamlValue(YamlKind.Map);
        map.Set("context", build);
        return map;
    }

    private static YamlValue Overlay(YamlValue? lower, YamlValue? upper)
    {
        var merged = new YamlValue(YamlKind.Map);
        foreach (var (key, value) in Entries(lower).Concat(Entries(upper)))
        {
            merged.Set(key, value);
        }

        return merged;
    }

    private static IEnumerable<(YamlValue Key, YamlValue Value)> Entries(YamlValue? map) => map?.IsMap == true ? map.Entries() : [];

    private static YamlValue Mapping(string key, YamlValue? lower, YamlValue? upper) => Overlay(AsMap(key, lower), AsMap(key, upper));

    private static YamlValue? AsMap(string key, YamlValue? value)
    {
        if (value is not { IsList: true })
        {
            return value;
        }

        var map = new YamlValue(YamlKind.Map);
        foreach (var item in value.Items)
        {
            AddPair(key, map, item.Text);
        }

        return map;
    }

    private static void AddPair(string key, YamlValue map, string item)
    {
        if (key == "networks")
        {
            map.Set(item, YamlValue.Null);
            return;
        }

        if (key == "depends_on")
        {
            map.Set(item, new YamlValue(YamlKind.Map));
            return;
        }

        var split = item.Split(key == "extra_hosts" ? ':' : '=', 2);
        if (key == "extra_hosts" && split.Length < 2)
        {
            throw ComposeFaultException.Refused($"the extra host '{item}' has no address");
        }

        if (key == "environment")
        {
            ComposeProject.RefuseBlankName(split[0]);
        }

        map.Set(split[0], split.Length < 2 ? YamlValue.Null : YamlValue.Of(split[1]));
    }

    private static YamlValue Union(YamlValue? lower, YamlValue? upper)
    {
        var list = new YamlValue(YamlKind.List);
        list.Items.AddRange((lower?.Items ?? []).Concat(upper?.Items ?? []).DistinctBy(ComposeEquality.Key, StringComparer.Ordinal));
        return list;
    }

    private static YamlValue Sequence(YamlValue? lower, YamlValue? upper)
    {
        var list = new YamlValue(YamlKind.List);
        list.Items.AddRange(Listed(lower).Concat(Listed(upper)));
        return list;
    }

    private static List<YamlValue> Listed(YamlValue? value) => value is null ? [] : value.IsText ? [value] : value.Items;

    private static YamlValue Paths(YamlValue? lower, YamlValue? upper)
    {
        var byTarget = new Dictionary<string, YamlValue>(StringComparer.Ordinal);
        foreach (var item in (lower?.Items ?? []).Concat(upper?.Items ?? []))
        {
            byTarget[ComposeVolume.Of(item).RawTarget ?? ""] = item;
        }

        var list = new YamlValue(YamlKind.List);
        list.Items.AddRange(byTarget.OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => e.Value));
        return list;
    }
}
