using System.Text.Json;

namespace AppPreflight.Oci;

/// <summary>What a layout holds under some names: a manifest or an index.</summary>
/// <param name="Names">As whoever wrote the layout calls it: a tag, a whole reference, or nothing at all.</param>
public sealed record LayoutEntry(Descriptor Target, IReadOnlyList<string> Names);

/// <summary>index.json of an OCI image layout: its list of contents.</summary>
/// <remarks>
/// Sources: OCI image-spec v1.1 image-layout.md and annotations.md (org.opencontainers.image.ref.name); containerd images/annotations.go
/// (io.containerd.image.name), which moby's <c>docker save</c> (25.0) and BuildKit write as well.
/// </remarks>
public sealed record LayoutIndex(IReadOnlyList<LayoutEntry> Entries)
{
    /// <summary>An archive may hold all images of an engine.</summary>
    public const int MaxEntries = 10_000;

    private static readonly string[] NameAnnotations = ["io.containerd.image.name", "org.opencontainers.image.ref.name"];

    /// <summary>The list of contents is itself the index of one image: no entry has a name, and all have platforms.</summary>
    public bool IsOneIndex =>
        Entries.Count > 1 && Entries.All(entry => entry.Names.Count == 0 && (entry.Target.IsAttestation || entry.Target.Platform is { Os.Length: > 0 }));

    /// <exception cref="FormatException">Not an index; the message names the place.</exception>
    public static LayoutIndex Parse(ReadOnlyMemory<byte> bytes) => OciJson.Read(bytes, "index.json", ImageManifest.MaxBytes, root =>
        new LayoutIndex([.. root.List("manifests", MaxEntries).Select((entry, i) => new LayoutEntry(entry.Descriptor($"entry {i + 1} of index.json"), NamesOf(entry)))]));

    private static IReadOnlyList<string> NamesOf(JsonElement entry) =>
        entry.Find("annotations") is { } annotations
            ? [.. NameAnnotations.Select(key => annotations.Text(key)).OfType<string>().Where(name => name.Length > 0).Distinct(StringComparer.Ordinal)]
            : [];
}
