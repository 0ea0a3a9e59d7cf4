namespace AppPreflight.AppCenter;

/// <summary>Rules for one service that a schema can't say.</summary>
/// <remarks>Source: compose 1.29.2 config/validation.py, config/types.py, project.py (get_service_scale, translate_deploy_keys_to_container_config).</remarks>
internal static class ComposeServiceRules
{
    public static void Check(string name, YamlValue service)
    {
        CheckLimits(name, service);
        CheckHealth(name, service.Get("healthcheck"));
        CheckDeploy(name, service);
        CheckRestart(name, service.Get("restart"));
        CheckSecurity(name, service);
        CheckEnvironment(service.Get("environment"));
    }

    private static void CheckLimits(string name, YamlValue service)
    {
        if (service.Get("cpus") is { Kind: YamlKind.Float } cpus && cpus.Float * 1e9 != Math.Floor(cpus.Float * 1e9))
        {
            throw Refusal(name, "cpus must have nine or less digits after decimal point");
        }

        foreach (var (key, limit) in service.Get("ulimits")?.Entries() ?? [])
        {
            if (limit.IsMap && !(limit.Get("soft")?.Integer <= limit.Get("hard")?.Integer))
            {
                throw Refusal(name, $"invalid ulimit '{key.Text}': 'soft' value can not be greater than 'hard' value");
            }
        }

        if (service.Get("credential_spec") is { Truthy: true } spec && !spec.Has("registry") && !spec.Has("file"))
        {
            throw Refusal(name, "is missing 'credential_spec.file' or 'credential_spec.registry'");
        }
    }

    /// <summary>With the key <c>disable</c>, whatever it says, the test becomes NONE, which bears no other option.</summary>
    private static void CheckHealth(string name, YamlValue? check)
    {
        if (check is null)
        {
            return;
        }

        var disabled = check.Has("disable");
        var test = check.Get("test");
        var others = check.Entries().Count(e => e.Key.Text is not ("disable" or "test"));
        if (!disabled && test is not { IsList: true })
        {
            return;
        }

        var first = disabled ? "NONE" : test!.Items.Select(i => i.Text).FirstOrDefault();
        var broken = first switch
        {
            null => "\"test\" is an empty list",
            "NONE" when others > 0 => "\"disable: true\" cannot be combined with other options",
            "NONE" or "CMD" or "CMD-SHELL" => null,
            _ => "when \"test\" is a list the first item must be either NONE, CMD or CMD-SHELL",
        };
        if (broken is not null && test?.Items.FirstOrDefault()?.IsUnknown != true)
        {
            throw Refusal(name, $"defines an invalid healthcheck: {broken}");
        }
    }

    private static void CheckDeploy(string name, YamlValue service)
    {
        if (service.Get("deploy") is not { } deploy)
        {
            return;
        }

        if (deploy.Kind == YamlKind.Null)
        {
            throw Refusal(name, "has an empty 'deploy'");
        }

        if (service.Has("scale") && deploy.Has("replicas") && deploy.Get("mode")?.Text is null or "replicated")
        {
            throw Refusal(name, "Both service.scale and service.deploy.replicas are set.");
        }

        var policy = deploy.Get("restart_policy");
        if (policy is not null && (policy.Get("condition")?.Text ?? "any") is not ("any" or "none" or "on-failure") and var condition)
        {
            throw Refusal(name, $"Invalid restart policy \"{condition}\"");
        }

        foreach (var device in deploy.Get("resources")?.Get("reservations")?.Get("devices")?.Items ?? [])
        {
            if (device.Get("count") is { IsText: true, Text: not "all" } count)
            {
                throw Refusal(name, $"Invalid value \"{count.Text}\" for devices count");
            }
        }
    }

    private static void CheckRestart(string name, YamlValue? restart)
    {
        if (restart is { Truthy: true, IsUnknown: false }
            && restart.Text.Split(':') is var parts
            && (parts.Length > 2 || (parts.Length == 2 && PythonInteger.Parse(parts[1], out _) is null)))
        {
            throw Refusal(name, $"Restart {restart.Text} has incorrect format, should be mode[:max_retry]");
        }
    }

    private static void CheckSecurity(string name, YamlValue service)
    {
        foreach (var option in (service.Get("security_opt")?.Items ?? []).Where(o => !o.IsUnknown).Select(o => o.Text))
        {
            var separator = option.Contains('=', StringComparison.Ordinal) ? '=' : ':';
            var parts = option.Split(separator, 3);
            if (parts.Length == 1 && option != "no-new-privileges")
            {
                throw Refusal(name, $"Invalid security_opt: {option}");
            }

            if (parts[0] == "seccomp" && parts[1] != "unconfined")
            {
                throw Refusal(name, $"Error reading seccomp profile: {parts[1]}");
            }
        }
    }

    private static void CheckEnvironment(YamlValue? environment)
    {
        foreach (var pair in environment is { IsList: true } ? environment.Items.Where(i => !i.IsUnknown) : [])
        {
            ComposeProject.RefuseBlankName(pair.Text.Split('=', 2)[0]);
        }
    }

    private static ComposeFaultException Refusal(string service, string what) => ComposeFaultException.Refused($"Service '{service}' {what}");
}
