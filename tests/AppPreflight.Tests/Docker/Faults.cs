using AppPreflight.Images;
using AppPreflight.Ports;
using NUnit.Framework;

namespace AppPreflight.Docker;

internal static class Faults
{
    /// <summary>The fault that an act is expected to end with.</summary>
    public static async Task<SourceFault> OfAsync(Func<Task> act) => (await Assert.ThrowsAsync<SourceException>(() => act()))!.What;
}
