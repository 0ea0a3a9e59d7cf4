using System.Text.Json;
using System.Text.Json.Serialization;

namespace AppPreflight.Docker;

// The fields read here of the Engine API's answers, in its own names (moby api/swagger.yaml, v1.41). Each may be missing.

internal sealed record InfoAnswer(
    string? Driver, IReadOnlyList<IReadOnlyList<string?>?>? DriverStatus, string? DockerRootDir, string? Architecture,
    string? HttpProxy, string? HttpsProxy, string? NoProxy, RegistryAnswer? RegistryConfig, IReadOnlyList<string?>? SecurityOptions = null);

internal sealed record RegistryAnswer(
    IReadOnlyList<string?>? Mirrors, [property: JsonPropertyName("InsecureRegistryCIDRs")] IReadOnlyList<string?>? InsecureNetworks,
    IReadOnlyDictionary<string, IndexAnswer?>? IndexConfigs);

/// <param name="Secure">False: the host is marked insecure. A missing value must not make it so.</param>
internal sealed record IndexAnswer(bool? Secure);

internal sealed record VersionAnswer(string? Version, string? Os, string? Arch);

internal sealed record ImageLine(
    string? Id, IReadOnlyList<string?>? RepoTags, IReadOnlyList<string?>? RepoDigests, long Size, string? ParentId = null);

internal sealed record ContainerLine(
    string? Id, IReadOnlyList<string?>? Names, [property: JsonPropertyName("ImageID")] string? ImageId, string? State,
    IReadOnlyDictionary<string, string?>? Labels);

internal sealed record ImageAnswer(
    string? Id, string? Os, string? Architecture, string? Variant, RootFsAnswer? RootFS, string? Created = null, IReadOnlyList<string?>? RepoDigests = null);

internal sealed record RootFsAnswer(IReadOnlyList<string?>? Layers);

internal sealed record HistoryLine(string? CreatedBy, string? Comment, long Size);

internal sealed record RemovalLine(string? Untagged, string? Deleted);

internal sealed record ErrorAnswer([property: JsonPropertyName("message")] string? Message);

/// <summary>What X-Registry-Auth carries (moby api/types AuthConfig).</summary>
internal sealed record AuthRequest(
    [property: JsonPropertyName("username")] string User, [property: JsonPropertyName("password")] string Password,
    [property: JsonPropertyName("serveraddress")] string Server)
{
    public override string ToString() => "***";
}

/// <summary>One image of an exported archive's manifest.json (moby image/tarexport, manifestItem).</summary>
internal sealed record ArchivedImage(string? Config, IReadOnlyList<string?>? Layers);

internal sealed record EventLine(string? Type, string? Action, ActorAnswer? Actor, [property: JsonPropertyName("timeNano")] long TimeNano);

internal sealed record ActorAnswer(
    [property: JsonPropertyName("ID")] string? Id, IReadOnlyDictionary<string, string?>? Attributes);

[JsonSourceGenerationOptions(MaxDepth = 16)]
[JsonSerializable(typeof(InfoAnswer))]
[JsonSerializable(typeof(VersionAnswer))]
[JsonSerializable(typeof(ImageAnswer))]
[JsonSerializable(typeof(List<ImageLine?>), TypeInfoPropertyName = "ImageLines")]
[JsonSerializable(typeof(List<ContainerLine?>), TypeInfoPropertyName = "ContainerLines")]
[JsonSerializable(typeof(List<RemovalLine?>), TypeInfoPropertyName = "RemovalLines")]
[JsonSerializable(typeof(List<ArchivedImage?>), TypeInfoPropertyName = "ArchivedImages")]
[JsonSerializable(typeof(List<HistoryLine?>), TypeInfoPropertyName = "HistoryLines")]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(ErrorAnswer))]
[JsonSerializable(typeof(AuthRequest))]
[JsonSerializable(typeof(PullLine))]
[JsonSerializable(typeof(EventLine))]
internal sealed partial class DockerJson : JsonSerializerContext;
