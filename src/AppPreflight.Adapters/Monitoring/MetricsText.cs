using AppPreflight.Checks;
using AppPreflight.Runs;

namespace AppPreflight.Monitoring;

/// <summary>The agent's measurements as a text for Prometheus. The names are fixed: docs/formats.md, "Metrics".</summary>
internal static class MetricsText
{
    private const string Gauge = "gauge";
    private const string Prefix = "app_preflight_";

    public static string Of(Measurements told)
    {
        var text = new Exposition();
        OfAgent(text, told);
        // two series of the same labels would void the whole file
        var reports = told.Reports.DistinctBy(report => Exposition.Label(report.App), StringComparer.Ordinal).ToList();
        OfVerdicts(text, reports);
        OfLastRuns(text, reports);
        OfProofs(text, told);
        return text.ToString();
    }

    private static void OfAgent(Exposition text, Measurements told)
    {
        text.Family(Prefix + "agent_info", Gauge, "The running agent; always 1.", [([("version", told.Version)], 1)]);
        text.Single(Prefix + "agent_start_timestamp_seconds", Gauge, "When the agent started.", Seconds(told.Started));
        text.Single(Prefix + "config_last_reload_successful", Gauge, "Whether the configuration in use is the one in the file.", told.IsConfigRead ? 1 : 0);
        text.Single(Prefix + "engine_up", Gauge, "Whether the Docker engine answered when it was last asked.", told.IsEngineUp is { } up ? up ? 1 : 0 : null);
        text.Single(Prefix + "next_run_timestamp_seconds", Gauge, "When the agent looks next by itself.", told.NextRun is { } next ? Seconds(next) : null);
        text.Family(Prefix + "runs_total", "counter", "Runs that ended since the agent started.", told.Runs
            .OrderBy(run => run.Key)
            .Select(run => (Labels(("verb", run.Key.Verb.Wire()), ("verdict", run.Key.Verdict.Wire())), (double)run.Value)));
    }

    private static void OfVerdicts(Exposition text, List<PreflightReport> reports)
    {
        text.Family(Prefix + "verdict", Gauge, "The verdict of the app's last run: 1 for the one that holds, 0 for the others.", reports
            .SelectMany(report => Enum.GetValues<Verdict>().Select(verdict =>
                (Labels(("app", report.App), ("verdict", verdict.Wire())), report.Verdict == verdict ? 1d : 0d))));
        text.Family(Prefix + "findings", Gauge, "Findings that stood at the end of the app's last run.", reports
            .SelectMany(report => report.Findings.GroupBy(finding => finding.Code).OrderBy(group => group.Key).Select(group =>
                (Labels(("app", report.App), ("code", group.Key.Wire())), (double)group.Count()))));
        text.Family(Prefix + "app_info", Gauge, "The app's installed version and the one its chain leads to; always 1.", reports
            .Select(report => (Labels(("app", report.App), ("installed", report.Installed ?? ""), ("target", report.Target ?? "")), 1d)));
    }

    private static void OfLastRuns(Exposition text, List<PreflightReport> reports)
    {
        OfEach("chain_steps", "Steps from the installed version to the target.", report => report.Chain.Count);
        OfEach("last_run_timestamp_seconds", "When the app's last run ended; its age is time() minus this.", report => Seconds(report.Finished));
        OfEach("last_run_duration_seconds", "How long the app's last run took.", report => Math.Max(0, (report.Finished - report.Started).TotalSeconds));
        OfEach("last_run_hashed_bytes", "Bytes that the app's last run hashed.", report => report.Bytes.Hashed);
        OfEach("last_run_pulled_bytes", "Bytes that the app's last run pulled.", report => report.Bytes.Pulled);
        OfEach("to_pull_bytes", "Bytes that a pull of the app's images still has to fetch.", report => report.Bytes.ToPull);

        void OfEach(string name, string help, Func<PreflightReport, double> value) =>
            text.Family(Prefix + name, Gauge, help, reports.Select(report => (Labels(("app", report.App)), value(report))));
    }

    private static void OfProofs(Exposition text, Measurements told)
    {
        var proofs = told.Proofs.DistinctBy(proof => Exposition.Label(proof.App), StringComparer.Ordinal).ToList();
        text.Single(Prefix + "scrubbed_bytes_total", "counter", "Bytes of stored layers that the agent read by itself since it started.", told.ScrubbedBytes);
        OfEach("stored_layers", "Stored layers of the app's images.", proofs, proof => proof.Layers);
        OfEach("stored_layers_proved", "How many of them were sound when they were read last.", proofs, proof => proof.Proved);
        OfEach("stored_layers_damaged", "How many of them were damaged when they were read last.", proofs, proof => proof.Damaged);
        // of layers that were never read there is no age
        OfEach("oldest_proof_timestamp_seconds", "When the proved layer was read that was read longest ago.", proofs.Where(proof => proof.Oldest is not null), proof => Seconds(proof.Oldest!.Value));

        void OfEach(string name, string help, IEnumerable<AppProof> of, Func<AppProof, double> value) =>
            text.Family(Prefix + name, Gauge, help, of.Select(proof => (Labels(("app", proof.App)), value(proof))));
    }

    private static (string Name, string Value)[] Labels(params (string Name, string Value)[] labels) => labels;

    private static double Seconds(DateTimeOffset time) => time.ToUnixTimeMilliseconds() / 1000.0;
}
