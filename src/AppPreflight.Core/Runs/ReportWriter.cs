using System.Text.Json;
using AppPreflight.Checks;
using AppPreflight.Images;

namespace AppPreflight.Runs;

/// <summary>One report as JSON, in the order a person reads it.</summary>
internal sealed class ReportWriter(Utf8JsonWriter json)
{
    public void Write(PreflightReport report)
    {
        json.WriteStartObject();
        json.WriteString("schema", report.Schema);
        json.WriteString("run", report.Run);
        json.WriteString("app", report.App);
        json.WriteString("verb", report.Verb?.Wire());
        json.WriteString("installed", report.Installed);
        json.WriteString("target", report.Target);
        json.WriteString("depth", report.Depth.Wire());
        json.WriteString("verdict", report.Verdict.Wire());
        json.WriteString("started", report.Started.UtcDateTime);
        json.WriteString("finished", report.Finished.UtcDateTime);
        if (report.Since is { } since) json.WriteString("since", since.UtcDateTime);
        else json.WriteNull("since");
        Object("engine", report.Engine, engine =>
        {
            json.WriteString("version", engine.Version);
            json.WriteString("driver", engine.Driver);
            json.WriteString("platform", engine.Platform);
        });
        List("chain", report.Chain, Write);
        List("images", report.Images, Write);
        List("findings", report.Findings, Write);
        List("cured", report.Cured, Write);
        List("actions", report.Actions, Write);
        List("reach", report.Reach, Write);
        Write(report.Bytes);
        Texts("notes", report.Notes);
        json.WriteEndObject();
    }

    private void Write(ReportedStep step)
    {
        json.WriteString("version", step.Version);
        json.WriteString("component", step.Component);
        json.WriteString("ucs", step.Ucs);
        json.WriteString("mode", step.Mode.Wire());
        json.WriteBoolean("pulls", step.Pulls);
        Texts("images", step.Images);
        json.WriteString("requiredVersion", step.RequiredVersion);
    }

    private void Write(ReportedImage image)
    {
        json.WriteString("reference", image.Reference);
        Texts("steps", image.Steps);
        Object("served", image.Served, served =>
        {
            json.WriteString("manifest", served.Manifest);
            json.WriteString("config", served.Config);
            json.WriteString("platform", served.Platform);
            List("layers", served.Layers, Write);
        });
        Object("stored", image.Stored, stored =>
        {
            json.WriteString("id", stored.Id);
            Texts("repoDigests", stored.RepoDigests);
            Texts("inUseBy", stored.InUseBy);
            json.WriteString("depth", (stored.Proof?.Depth ?? StoredDepth.Claims).Wire());
            Object("proof", stored.Proof, Write);
        });
    }

    private void Write(ReportedProof proof)
    {
        json.WriteString("way", proof.Way.Wire());
        Texts("unseen", proof.Unseen);
        List("layers", proof.Layers, layer =>
        {
            json.WriteString("diffId", layer.DiffId);
            json.WriteString("chainId", layer.ChainId);
            json.WriteNumber("sizeBytes", layer.SizeBytes);
            if (layer.IsSound is { } isSound) json.WriteBoolean("sound", isSound);
            else json.WriteNull("sound");
        });
    }

    private void Write(ReportedLayer layer)
    {
        json.WriteString("digest", layer.Digest);
        json.WriteString("diffId", layer.DiffId);
        json.WriteNumber("sizeBytes", layer.SizeBytes);
    }

    public void WriteWhole(Finding finding)
    {
        json.WriteStartObject();
        Write(finding);
        json.WriteEndObject();
    }

    private void Write(Finding finding)
    {
        json.WriteString("code", finding.Code.Wire());
        json.WriteString("verdict", finding.Verdict.Wire());
        json.WriteString("subject", finding.Subject);
        json.WriteString("source", finding.Source.Wire());
        json.WriteString("expected", finding.Expected);
        json.WriteString("observed", finding.Observed);
        json.WriteString("message", finding.Message);
        json.WriteString("remedy", finding.Remedy);
        json.WriteString("look", finding.Look.Wire());
        json.WriteString("grade", finding.Grade?.Code().Wire());
        CauseJson.Write(json, finding.Cause);
        List("files", finding.Files, file =>
        {
            json.WriteString("kind", file.Kind.Wire());
            json.WriteString("path", file.Path);
            json.WriteString("expected", file.Expected);
            json.WriteString("observed", file.Observed);
        });
    }

    private void Write(ReportedAction action)
    {
        json.WriteString("kind", action.Kind.Wire());
        json.WriteString("subject", action.Subject);
        Texts("cures", [.. action.Cures.Select(code => code.Wire())]);
        json.WriteString("outcome", action.Outcome.Wire());
        json.WriteString("message", action.Message);
        Texts("commands", action.Commands);
    }

    private void Write(ReportedReach reach)
    {
        json.WriteString("chainId", reach.ChainId);
        json.WriteString("diffId", reach.DiffId);
        Texts("images", reach.Images);
        List("containers", reach.Containers, container =>
        {
            json.WriteString("name", container.Name);
            json.WriteBoolean("running", container.IsRunning);
        });
        Texts("remove", reach.Remove);
    }

    private void Write(ByteCounts bytes)
    {
        json.WriteStartObject("bytes");
        json.WriteNumber("toPull", bytes.ToPull);
        json.WriteNumber("pulled", bytes.Pulled);
        json.WriteNumber("hashed", bytes.Hashed);
        json.WriteNumber("diskNeeded", bytes.DiskNeeded);
        json.WriteNumber("diskFree", bytes.DiskFree);
        json.WriteNumber("unpacked", bytes.Unpacked);
        json.WriteNumber("inodesNeeded", bytes.InodesNeeded);
        json.WriteNumber("inodesFree", bytes.InodesFree);
        json.WriteBoolean("estimated", bytes.IsEstimate);
        json.WriteNumber("bytesPerSecond", bytes.BytesPerSecond);
        json.WriteNumber("secondsToPull", bytes.SecondsToPull);
        json.WriteEndObject();
    }

    private void List<T>(string name, IReadOnlyList<T> items, Action<T> write) where T : class
    {
        json.WriteStartArray(name);
        foreach (var item in items)
        {
            json.WriteStartObject();
            write(item);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void Object<T>(string name, T? item, Action<T> write) where T : class
    {
        if (item is null)
        {
            json.WriteNull(name);
            return;
        }

        json.WriteStartObject(name);
        write(item);
        json.WriteEndObject();
    }

    private void Texts(string name, IReadOnlyList<string>? texts)
    {
        if (texts is null)
        {
            json.WriteNull(name);
            return;
        }

        json.WriteStartArray(name);
        foreach (var text in texts) json.WriteStringValue(text);
        json.WriteEndArray();
    }
}
