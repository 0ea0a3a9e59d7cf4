using AppPreflight.Packaging;
using AppPreflight.Rehearsal;
using NUnit.Framework;

namespace AppPreflight;

/// <summary>Nothing may be left running when the last test has ended.</summary>
[SetUpFixture]
internal sealed class StageTeardown
{
    [OneTimeTearDown]
    public async Task Close()
    {
        await SharedStage.CloseAsync();
        await PackageBuild.SettleAsync();
    }
}
