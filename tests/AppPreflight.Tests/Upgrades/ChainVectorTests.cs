using System.Text.Json;
using System.Text.Json.Nodes;
using AppPreflight.AppCenter;
using AppPreflight.Apps;
using AppPreflight.Images;
using AppPreflight.Ports;
using AppPreflight.Vectors;
using NUnit.Framework;

namespace AppPreflight.Upgrades;

/// <summary>What the real App Center made of a whole appliance: files in, chain out.</summary>
public sealed class ChainVectorTests
{
    private const string DefaultServer = "appcenter.software-univention.de";

    /// <summary>The hard checks that the vectors know; others are not decided by their inputs.</summary>
    private static readonly HashSet<string> KnownChecks = new(StringComparer.Ordinal)
    {
        "must_have_correct_server_role", "must_have_fitting_app_version", "must_have_candidate", "must_have_fitting_ucs_version",
        "must_have_install_permissions", "must_have_no_conflicts_apps", "must_have_no_conflicts_packages", "must_have_no_unmet_dependencies",
        "must_have_valid_license", "must_not_be_docker_if_docker_is_disabled", "must_not_be_vote_for_app", "must_not_be_pinned",
        "shall_not_be_docker_if_discouraged",
    };

    [Test]
    public void Computes_every_chain_as_the_App_Center_does() => VectorRun.AssertAllRight("chain", Mismatch);

    private static string? Mismatch(VectorCase each)
    {
        using var tree = Build(each);
        var observed = Observe(each, tree);
        var differences = Expected(each.Expected)
            .Where(wanted => !JsonNode.DeepEquals(wanted.Value, observed.GetValueOrDefault(wanted.Key)))
            .Select(wanted => $"{wanted.Key} is {Text(observed.GetValueOrDefault(wanted.Key))}, expected {Text(wanted.Value)}")
            .ToList();
        return differences.Count == 0 ? null : string.Join("\n    ", differences);
    }

    private static ApplianceTree Build(VectorCase each)
    {
        var tree = new ApplianceTree { Server = each.Text("server") ?? DefaultServer };
        var keys = each.Members("version").Concat(each.Members("ucr"));
        tree.Write("etc/univention/base.conf", "# univention_ base.conf\n\n" + string.Concat(keys.Select(key => $"{key.Name}: {key.Value.GetString()}\n")));
        Directory.CreateDirectory(tree.CacheOf(""));
        if (each.Bytes("ucs_ini") is { } list)
            tree.Write(Path.Combine(tree.CacheOf(""), ".ucs.ini"), list);
        foreach (var cache in each.Members("caches"))
        {
            Directory.CreateDirectory(tree.CacheOf(cache.Name));
            foreach (var file in cache.Value.EnumerateObject())
                AddFile(tree, Path.Combine(tree.CacheOf(cache.Name), file.Name), file.Value);
        }

        if (each.Bytes("updater_status") is { } status)
            tree.Write("var/lib/univention-updater/univention-updater.status", status);
        if (each.Json.TryGetProperty("installed_packages", out var packages))
            tree.Write("var/lib/dpkg/status", string.Concat(packages.EnumerateArray().Select(
                package => $"Package: {package.GetString()}\nStatus: install ok installed\nVersion: 1\n\n")));
        return tree;
    }

    private static void AddFile(ApplianceTree tree, string path, JsonElement content)
    {
        if (VectorCase.Bytes(content) is { } bytes)
            tree.Write(path, bytes);
    }

    private static Dictionary<string, JsonNode?> Observe(VectorCase each, ApplianceTree tree)
    {
        try
        {
            var reading = new AppCenterFiles(tree.Root, TimeProvider.System).ReadAsync(CancellationToken.None).GetAwaiter().GetResult();
            var answers = new Answers(each);
            var chain = answers.Resolve(reading, each.Text("app")!);
            return Observed(reading.Catalog, chain, answers);
        }
        catch (SourceException fault) when (fault.What.From == Source.AppCenter && fault.Fault == Fault.Malformed)
        {
            return new(StringComparer.Ordinal) { ["outcome"] = "crash", ["installed"] = null, ["steps"] = new JsonArray(), ["cli"] = "crash" };
        }
    }

    private static Dictionary<string, JsonNode?> Observed(AppCatalog catalog, UpgradeChain chain, Answers answers) => new(StringComparer.Ordinal)
    {
        ["search_order"] = Array(catalog.Caches.Select(cache => cache.Ucs)),
        ["outcome"] = Kebab(chain.Outcome.ToString()),
        ["installed"] = Identity(chain.Installed),
        ["steps"] = new JsonArray([.. chain.Steps.Select(step => Step(step, chain))]),
        ["cli"] = Kebab(chain.CommandLine!.Outcome.ToString()),
        ["cli target"] = Identity(chain.CommandLine.Target),
        ["probes"] = Array(chain.Probes.Select(probe => $"{probe.Url} {answers.To(probe.Url)}")),
    };

    private static JsonObject Step(UpgradeStep step, UpgradeChain chain)
    {
        var release = step.Release;
        return new()
        {
            ["ucs"] = release.Ucs,
            ["component_id"] = release.ComponentId,
            ["version"] = release.Version.Text,
            ["docker"] = release.IsDocker,
            ["required_app_version_upgrade"] = release.RequiredAppVersionUpgrade?.Text,
            ["install_permissions"] = release.InstallPermissions,
            ["mode"] = step.ModeError is not null ? "crash" : step.Mode == StepMode.Packages ? "packages-nondocker" : Kebab(step.Mode.ToString()),
            ["pulls"] = step.Pulls,
            ["images"] = step.Images.Named is { } images ? Array(images) : null,
            ["images_error"] = step.Images.Error,
            ["blockers"] = Array(step.Refusals.Select(refusal => refusal.Check).Where(KnownChecks.Contains)),
            ["now_found"] = step.NowFound == release ? null : Identity(step.NowFound),
        };
    }

    // A crash ends the real code wherever it stands: then only what it still told is compared.
    private static Dictionary<string, JsonNode?> Expected(JsonElement expected)
    {
        var wanted = JsonNode.Parse(expected.GetRawText())!.AsObject();
        var fields = new Dictionary<string, JsonNode?>(StringComparer.Ordinal)
        {
            ["outcome"] = wanted["outcome"],
            ["cli"] = wanted["cli"]?["outcome"],
        };
        var crashed = wanted["outcome"]!.GetValue<string>() == "crash";
        if (!crashed || wanted["installed"] is not null)
            fields["installed"] = wanted["installed"];
        if (!crashed || wanted["steps"] is not null)
            fields["steps"] = new JsonArray([.. wanted["steps"]!.AsArray().Select(step => ExpectedStep(step!.AsObject()))]);
        if (crashed)
            return fields;
        fields["search_order"] = wanted["search_order"];
        fields["cli target"] = wanted["cli"]?["target"];
        fields["probes"] = Array((wanted["probes"] as JsonArray ?? []).Select(probe => $"{probe!["url"]} {probe["answer"]}"));
        return fields;
    }

    private static JsonObject ExpectedStep(JsonObject step)
    {
        var mode = step["mode"]!.GetValue<string>();
        var wanted = step.DeepClone().AsObject();
        wanted["mode"] = mode.StartsWith("crash", StringComparison.Ordinal) ? "crash" : mode;
        wanted.TryAdd("images_error", null);
        wanted.TryAdd("now_found", null);
        return wanted;
    }

    private static JsonObject? Identity(AppRelease? release) => release is null ? null : new JsonObject
    {
        ["ucs"] = release.Ucs,
        ["component_id"] = release.ComponentId,
        ["version"] = release.Version.Text,
    };

    private static JsonArray Array(IEnumerable<string> texts) => new([.. texts.Select(text => (JsonNode?)JsonValue.Create(text))]);

    private static string Kebab(string name) =>
        string.Concat(name.Select((letter, index) => char.IsUpper(letter) && index > 0 ? $"-{char.ToLowerInvariant(letter)}" : $"{char.ToLowerInvariant(letter)}"));

    private static string Text(JsonNode? node) => node?.ToJsonString() ?? "null";

    /// <summary>Answers what the case's registry answers, as a caller of the resolver would: only what it asks for, one round after the other.</summary>
    private sealed class Answers(VectorCase each)
    {
        private readonly Dictionary<string, PermissionAnswer> given = new(StringComparer.Ordinal);

        public UpgradeChain Resolve(AppCenterReading reading, string app)
        {
            while (true)
            {
                var chain = ChainResolver.Resolve(reading.Catalog, reading.Appliance, app, null, given);
                if (chain.Outcome != ChainOutcome.NeedsPermissions)
                    return chain;
                foreach (var probe in chain.Missing)
                    given.Add(probe.Url, Meaning(To(probe.Url)));
            }
        }

        public string To(string url) =>
            each.Json.TryGetProperty("registry_answers", out var answers) && answers.TryGetProperty(url, out var answer) ? answer.ToString() : "401";

        private static PermissionAnswer Meaning(string answer) => answer switch
        {
            "read-timeout" or "reset" => PermissionAnswer.Uncaught,
            _ when int.TryParse(answer, out var status) && status is >= 200 and < 300 => PermissionAnswer.Granted,
            _ => PermissionAnswer.Denied,
        };
    }
}
