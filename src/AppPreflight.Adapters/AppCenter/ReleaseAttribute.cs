namespace AppPreflight.AppCenter;

/// <summary>One attribute that can make the App Center ignore a version: its option, its kind, its rule.</summary>
/// <remarks>Source: appcenter/app.py, classes AppAttribute ff. Attributes that take any text or list have no entry.</remarks>
/// <param name="Name">The App Center's name; the INI option is this without underscores.</param>
/// <param name="Complaint">Why a value (null: not set) is not accepted, in the App Center's words; null if it is.</param>
internal sealed record ReleaseAttribute(string Name, Func<string?, string?> Complaint)
{
    public bool Localisable { get; init; }

    public string Option => Name.Replace("_", "", StringComparison.Ordinal);

    private const string InvalidFormat = "Invalid format";
    private const string InvalidValue = "Invalid value";
    private const string NotAllowed = "Not allowed";
    private const string Required = "Value required";

    public static IReadOnlyList<string> ServerRoles { get; } =
        ["domaincontroller_master", "domaincontroller_backup", "domaincontroller_slave", "memberserver"];

    /// <summary>In the order of the class App: the first complaint is the one that is logged.</summary>
    public static IReadOnlyList<ReleaseAttribute> All { get; } =
    [
        new("id", value => value is null ? Required : IsId(value) ? null : InvalidFormat),
        new("code", value => value is null ? Required : value.Length == 2 && value.All(char.IsAsciiLetterOrDigit) ? null : InvalidFormat),
        new("name", Present) { Localisable = true },
        new("version", Present),
        new("install_permissions", Boolean),
        new("notify_vendor", Boolean),
        new("web_interface_port_http", Integer),
        new("web_interface_port_https", Integer),
        new("web_interface_proxy_scheme", OneOf("http", "https", "both")),
        new("auto_mod_proxy", Boolean),
        new("ucs_overview_category", OneOf("admin", "service", "False", "None")),
        new("database_user", value => value is "root" or "postgres" ? InvalidFormat : null),
        new("required_ucs_version", value => value is null || UcsRelease.IsWellFormed(value) ? null : InvalidFormat),
        new("supported_ucs_versions", EachOf(UcsRelease.IsWellFormed, InvalidFormat)),
        new("end_of_life", Boolean),
        new("without_repository", Boolean),
        new("user_activation_required", Boolean),
        new("automatic_schema_creation", Boolean),
        new("ports_exclusive", EachOf(IsPort, InvalidFormat)),
        new("ports_redirection", EachOf(IsPortPair, InvalidFormat)),
        new("ports_redirection_udp", EachOf(IsPortPair, InvalidFormat)),
        new("server_role", EachOf(role => ServerRoles.Contains(role, StringComparer.Ordinal), NotAllowed)),
        new("supported_architectures", EachOf(architecture => architecture is "amd64" or "i386", NotAllowed)),
        new("min_physical_ram", Integer),
        new("min_free_disk_space", Integer),
        new("ad_member_issue_hide", Boolean),
        new("ad_member_issue_password", Boolean),
        new("docker_migration_works", Boolean),
        new("docker_server_role", OneOf("memberserver", "domaincontroller_slave")),
        new("docker_ucr_style_env", Boolean),
        new("host_certificate_access", Boolean),
        new("listener_udm_version", Integer),
        new("vote_for_app", Boolean),
    ];

    /// <summary>RawConfigParser.BOOLEAN_STATES; null for anything else.</summary>
    public static bool? ToBoolean(string value) => value.ToLowerInvariant() switch
    {
        "1" or "yes" or "true" or "on" => true,
        "0" or "no" or "false" or "off" => false,
        _ => null,
    };

    private static string? Present(string? value) => value is null ? Required : null;

    private static string? Boolean(string? value) => value is null || ToBoolean(value) is not null ? null : InvalidValue;

    private static string? Integer(string? value) =>
        value is null || PythonInteger.Parse(value, out string complaint) is not null ? null : complaint;

    private static Func<string?, string?> OneOf(params string[] choices) =>
        value => value is null || choices.Contains(value, StringComparer.Ordinal) ? null : NotAllowed;

    private static Func<string?, string?> EachOf(Func<string, bool> accepts, string complaint) =>
        value => value is null || PythonText.SplitList(value).All(accepts) ? null : complaint;

    public static bool IsId(string value) =>
        value.Length > 0 && char.IsAsciiLetterOrDigit(value[0]) && char.IsAsciiLetterOrDigit(value[^1])
        && value.All(unit => char.IsAsciiLetterOrDigit(unit) || unit is '-' or '_');

    private static bool IsPort(string value)
    {
        int index = 0;
        return PythonText.SkipDigits(value, ref index) && index == value.Length;
    }

    private static bool IsPortPair(string value)
    {
        int index = 0;
        return PythonText.SkipDigits(value, ref index) && index < value.Length && value[index++] == ':'
            && PythonText.SkipDigits(value, ref index) && index == value.Length;
    }
}
