using System.Text.Json.Nodes;

namespace AppPreflight.Packaging;

/// <summary>Apps and reports as the gate meets them.</summary>
internal static class UniventionReports
{
    public const string Id = "sha256:d36d";

    public static JsonObject Kelvin(bool compose = false, bool docker = true) =>
        new() { ["id"] = "kelvin", ["version"] = "2.0.0", ["compose"] = compose, ["docker"] = docker };

    public static JsonObject Report(string verdict, JsonArray? images = null, JsonArray? findings = null, string app = "kelvin") => new()
    {
        ["schema"] = "app-preflight/report/1",
        ["app"] = app,
        ["verdict"] = verdict,
        ["chain"] = new JsonArray(new JsonObject { ["version"] = "2.0.0", ["component"] = $"{app}_1", ["images"] = new JsonArray("example.org/kelvin:2.0.0") }),
        ["images"] = images ?? [Image()],
        ["findings"] = findings ?? [],
    };

    public static JsonObject Image(string reference = "example.org/kelvin:2.0.0", string? id = Id, bool used = true, string step = "2.0.0") => new()
    {
        ["reference"] = reference,
        ["steps"] = new JsonArray(step),
        ["stored"] = id is null ? null : new JsonObject { ["id"] = id, ["inUseBy"] = used ? new JsonArray("kelvin (running)") : [] },
    };

    public static JsonObject Finding(string verdict, string message, string? remedy = null, string code = "layer-digest-mismatch", string? subject = null) => new()
    {
        ["code"] = code,
        ["verdict"] = verdict,
        ["subject"] = subject,
        ["message"] = message,
        ["remedy"] = remedy,
    };

    public static JsonObject Pass => Report("pass");

    public static JsonObject Fail => Report("fail", findings: [Finding("fail", "The layer is not what it should be.", "Ask the proxy's admin."), Finding("warn", "A trifle.")]);

    public static JsonObject Unknown => Report("unknown", findings: [Finding("unknown", "The registry does not answer.")]);
}
