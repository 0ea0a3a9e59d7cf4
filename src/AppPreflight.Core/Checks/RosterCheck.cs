using AppPreflight.Images;
using AppPreflight.Upgrades;

namespace AppPreflight.Checks;

/// <summary>Steps whose images can't be told from the files on this host.</summary>
public static class RosterCheck
{
    public static IEnumerable<Finding> Look(UpgradeChain chain, ImageRoster roster)
    {
        foreach (var step in chain.Steps.Where(step => step.Pulls || step.ModeError is not null))
        {
            var subject = $"{chain.App}={step.Release.Version}";
            foreach (var finding in OfStep(subject, step)) yield return finding;
            foreach (var name in roster.Unusable.Where(name => name.Version == step.Release.Version.Text))
            {
                yield return new(Code(step), Verdict.Fail, subject, Source.AppCenter, name.Message)
                {
                    Observed = Oci.Quote.Short(name.Text),
                    Remedy = "univention-app update; if it stays so, tell the app's provider",
                };
            }
        }
    }

    private static IEnumerable<Finding> OfStep(string subject, UpgradeStep step)
    {
        if (step.ModeError is { } broken)
        {
            yield return new(Code(step), Verdict.Fail, subject, Source.AppCenter,
                $"The upgrade would break before it pulls anything: {broken}");
        }
        else if (step.Images.Pulled is null)
        {
            yield return new(Code(step), Verdict.Fail, subject, Source.AppCenter,
                step.Images.Reason ?? $"The images of this step can't be told ({step.Images.Error})");
        }
        foreach (var sentence in step.Images.Undecided)
            yield return new(FindingCode.ComposeUnreadable, Verdict.Unknown, subject, Source.AppCenter, sentence);
    }

    private static FindingCode Code(UpgradeStep step) =>
        step.Release.UsesCompose ? FindingCode.ComposeUnreadable : FindingCode.CatalogUnreadable;
}
