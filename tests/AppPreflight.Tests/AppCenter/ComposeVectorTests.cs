using System.Collections.Immutable;
using System.Text.Json;
using AppPreflight.Apps;
using AppPreflight.Vectors;
using NUnit.Framework;

namespace AppPreflight.AppCenter;

public sealed class ComposeVectorTests
{
    private static IEnumerable<string> Families => VectorFile.Present("compose", "real-compose");

    [TestCaseSource(nameof(Families))]
    public void Wants_the_images_the_real_tools_ask_for(string family) => VectorRun.AssertAllRight(family, Mismatch);

    internal static ComposeImages Rule(VectorCase each) => new(new ComposeRelease
    {
        AppId = "app",
        MainService = each.Text("main_service")!,
        Template = () => each.Bytes("compose")!,
        InjectEnvFile = Option(each, "DockerInjectEnvFile"),
        HasEnvFile = each.Bytes("env") is not null,
        Volumes = Option(each, "DockerVolumes")?.Split(',') ?? [],
        HostCertificateAccess = Option(each, "HostCertificateAccess") is not null,
        Override = () => each.Bytes("override"),
    });

    internal static UcrValues Registry(VectorCase each) => new(new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["hostname"] = "primary",
        ["domainname"] = "example.test",
        ["version/version"] = "5.2",
        ["version/patchlevel"] = "3",
        ["version/erratalevel"] = "283",
    }.ToImmutableDictionary(StringComparer.Ordinal).SetItems(each.Members("ucr").Select(m => KeyValuePair.Create(m.Name, m.Value.GetString()!))));

    private static string? Option(VectorCase each, string name) => (each.Text("ini") ?? "").Split('\n')
        .Select(line => line.Split('=', 2))
        .Where(parts => parts.Length == 2 && parts[0].Trim() == name)
        .Select(parts => parts[1].Trim())
        .FirstOrDefault();

    private static string? Mismatch(VectorCase each)
    {
        var wanted = Rule(each).For(Registry(each));
        if (wanted.Undecided.Count > 0)
        {
            return each.Category == "code" ? null : "undecided: " + wanted.Undecided[0];
        }

        var differences = Differences(each.Expected, wanted).ToArray();
        return differences.Length == 0 ? null : string.Join("; ", differences) + " | " + wanted.Reason;
    }

    private static IEnumerable<string> Differences(JsonElement expected, WantedImages wanted)
    {
        if (Shown(expected, "main_image") != (wanted.Main ?? "-"))
        {
            yield return $"main is {wanted.Main}, not {Shown(expected, "main_image")}";
        }

        if (Word(expected, "main_error") != wanted.MainError)
        {
            yield return $"main error is {wanted.MainError}, not {Word(expected, "main_error")}";
        }

        if (Word(expected, "services_error") != wanted.Error)
        {
            yield return $"error is {wanted.Error}, not {Word(expected, "services_error")}";
        }

        if (Listed(expected, "images") != (wanted.Named is null ? "none" : string.Join(' ', wanted.Named)))
        {
            yield return $"images are {string.Join(' ', wanted.Named ?? [])}, not {Listed(expected, "images")}";
        }

        if (ServicesOf(expected) != (wanted.Services is null ? "none" : string.Join(' ', wanted.Services.Select(s => $"{s.Service}={s.Image ?? "-"}"))))
        {
            yield return $"services are {string.Join(' ', wanted.Services ?? [])}, not {ServicesOf(expected)}";
        }

        var pulled = expected.TryGetProperty("compose_v1", out var tool) ? Listed(tool, "pulled") : "none";
        if (pulled != (wanted.Pulled is null ? "none" : string.Join(' ', wanted.Pulled)))
        {
            yield return $"pulled is {string.Join(' ', wanted.Pulled ?? ["none"])}, not {pulled}";
        }
    }

    private static string? Word(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) ? value.GetString() : null;

    private static string Shown(JsonElement element, string name) => Text(element.GetProperty(name));

    private static string Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : "-";

    private static string ServicesOf(JsonElement expected) =>
        expected.TryGetProperty("services", out var services) && services.ValueKind == JsonValueKind.Object
            ? string.Join(' ', services.EnumerateObject().Select(s => $"{s.Name}={Text(s.Value)}"))
            : "none";

    private static string Listed(JsonElement element, string name) =>
        element.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array
            ? string.Join(' ', list.EnumerateArray().Select(i => i.GetString()))
            : "none";
}
