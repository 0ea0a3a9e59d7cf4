using AppPreflight.Images;

namespace AppPreflight.Registry;

/// <summary>Which credentials belong to an image, in the order in which the App Center's way of pulling would end up with them.</summary>
/// <remarks>
/// Source: appcenter-docker/docker.py, login and Docker.pull: when the part before the first slash has a dot,
/// <c>docker login</c> with ucs/readonly, or with the licence's key as both when the app has InstallPermissions. A login
/// that fails is a warning only, and the pull then takes what config.json held before.
/// </remarks>
internal sealed class Logins(RegistrySettings settings)
{
    private static readonly Credential ReadOnly = new("ucs", "readonly");

    private readonly DockerConfigFile file = DockerConfigFile.Read(settings);

    public IReadOnlyList<Credential> For(ImageRequirement image)
    {
        var candidates = new List<Credential>();
        if (IsAppCenters(image) && AppCenters(image) is { } account) candidates.Add(account);
        if (file.Find(image.Reference.Registry) is { } stored && !candidates.Contains(stored)) candidates.Add(stored);
        return candidates;
    }

    /// <summary>What else an operator should know when access is denied; empty for nothing.</summary>
    public string Hint(string registry) =>
        file.Complaint is { } complaint ? $"; {complaint}"
        : file.IsKeptByHelper(registry) ? "; a credential helper keeps the login, and helpers are not started"
        : "";

    private bool IsAppCenters(ImageRequirement image) =>
        settings.HasAppCenter && !image.Reference.IsDockerHub && image.Reference.Registry.Contains('.', StringComparison.Ordinal);

    private Credential? AppCenters(ImageRequirement image) =>
        !image.InstallPermissions ? ReadOnly
        : string.IsNullOrEmpty(settings.LicenceKey) ? null
        : new(settings.LicenceKey, settings.LicenceKey);
}
