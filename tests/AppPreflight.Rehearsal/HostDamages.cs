namespace AppPreflight.Rehearsal;

/// <summary>What can be wrong between the host's files and its containers.</summary>
internal static class HostDamages
{
    public static Task RegisterAhead(Appliance appliance)
    {
        appliance.Register("version", "2.0.0");
        appliance.Register("image", appliance.IntermediateReference);
        return Task.CompletedTask;
    }
}
