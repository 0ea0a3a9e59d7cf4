using AppPreflight.Oci;
using AppPreflight.Upgrades;

namespace AppPreflight.Images;

/// <summary>The distinct images all pulling steps of a chain need, in chain order, and the names that are none.</summary>
public sealed record ImageRoster(IReadOnlyList<ImageRequirement> Images, IReadOnlyList<UnusableName> Unusable)
{
    /// <summary>Steps that contact no registry (mode app, packages) want nothing proven: their container runs on what it has.</summary>
    public static ImageRoster Of(UpgradeChain chain)
    {
        var images = new Dictionary<string, ImageRequirement>(StringComparer.Ordinal);
        var unusable = new List<UnusableName>();
        foreach (var step in chain.Steps.Where(step => step.Pulls))
        {
            foreach (var name in step.Images.Pulled ?? [])
                Add(images, unusable, step, name);
        }
        return new([.. images.Values], unusable);
    }

    /// <summary>What the containers of an installed app ought to run on; no step wants these.</summary>
    public static ImageRoster Of(RunningApp app)
    {
        var names = (app.Images.Pulled ?? []).Select(name => (Text: name, Reference: ImageReference.TryParse(name))).ToList();
        return new(
            [.. names.Select(name => name.Reference).OfType<ImageReference>().Distinct().Select(reference => new ImageRequirement(reference, []))],
            [.. names.Where(name => name.Reference is null).Select(name => new UnusableName(app.Version.Text, name.Text, $"{Quote.Short(name.Text)} is not an image reference"))]);
    }

    private static void Add(
        Dictionary<string, ImageRequirement> images, List<UnusableName> unusable, UpgradeStep step, string name)
    {
        var version = step.Release.Version.Text;
        try
        {
            var reference = ImageReference.Parse(name);
            var known = images.GetValueOrDefault(reference.ToString()) ?? new ImageRequirement(reference, []);
            images[reference.ToString()] = known with
            {
                Steps = known.Steps.Contains(version, StringComparer.Ordinal) ? known.Steps : [.. known.Steps, version],
                InstallPermissions = known.InstallPermissions || step.Release.InstallPermissions,
            };
        }
        catch (FormatException e)
        {
            unusable.Add(new(version, name, e.Message));
        }
    }
}

/// <summary>A name in the metadata of a step that no registry can be asked for.</summary>
public sealed record UnusableName(string Version, string Text, string Message);
