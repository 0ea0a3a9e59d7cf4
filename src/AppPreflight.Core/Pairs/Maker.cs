using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.Pairs;

/// <summary>Which tool wrote an image's documents, as far as they show it.</summary>
public static class Maker
{
    /// <returns>"BuildKit", "Docker's classic builder (20.10.24)" ...; null where nothing shows it.</returns>
    /// <remarks>
    /// Sources: BuildKit exporter/containerimage/writer.go ("buildkit.dockerfile.v0"), moby image/image.go (docker_version, container_config),
    /// buildah docs (label io.buildah.version), kaniko and jib (author and history of what they write).
    /// </remarks>
    public static string? Of(ImageForm form)
    {
        var (fields, history) = (form.Config.Fields, form.Config.History);
        if (form.Schema1 is not null) return $"Docker before 1.10, or a registry that converts for it{Version(fields)}";
        if (fields.ContainsKey("config.Labels.io.buildah.version")) return $"buildah or podman ({fields["config.Labels.io.buildah.version"]})";
        if (history.Any(step => step.Comment == "buildkit.dockerfile.v0") || fields.Keys.Any(name => name.StartsWith("moby.buildkit.", StringComparison.Ordinal)))
            return "BuildKit" + (form.Index?.Manifests.Any(entry => entry.IsAttestation) == true ? " (with attestations)" : "");
        if (history.Any(step => step.Author == "kaniko")) return "kaniko";
        if (history.Any(step => step.CreatedBy.StartsWith("jib", StringComparison.Ordinal))) return "jib";
        if (history.Any(step => step.Author == "Bazel")) return "Bazel";
        return fields.ContainsKey("docker_version") ? $"Docker's classic builder{Version(fields)}" : null;
    }

    /// <summary>By its configuration and, where that does not show it, by the form of its manifest.</summary>
    /// <remarks>
    /// Sources: BuildKit's attestation storage ("attestation-manifest", platform unknown/unknown); distribution manifest/schema2, FromStruct, which indents
    /// by three spaces what <c>docker push</c> sends.
    /// </remarks>
    public static string? OfAll(ImageForm form)
    {
        if (form.Index?.Manifests.Any(entry => entry.IsAttestation) == true) return "BuildKit (with attestations)";
        if (form.Schema1 is null && form.Manifest?.MediaType == MediaType.DockerManifest && form.ManifestBytes!.Bytes.Span.StartsWith("{\n   \""u8)) return Of(form) ?? "docker push";
        return Of(form);
    }

    private static string Version(IReadOnlyDictionary<string, string> fields) => fields.TryGetValue("docker_version", out var version) ? $" ({version})" : "";
}
