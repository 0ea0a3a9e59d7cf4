using AppPreflight.Rehearsal;
using NUnit.Framework;

namespace AppPreflight.Pipeline;

/// <summary>The whole catalogue of damages against the program as it ships: check, repair, check again, on a real engine and registry.</summary>
[NonParallelizable]
internal sealed class DamageTrialsTests
{
    private static IEnumerable<TestCaseData<string>> Names => Damages.All.Select(damage => new TestCaseData<string>(damage.Name));

    [TestCaseSource(nameof(Names))]
    [CancelAfter(90_000)]
    public async Task Keeps_its_promises_with_the_damage(string damage, CancellationToken cancellationToken)
    {
        var program = Shipped();
        var stage = await SharedStage.OpenAsync(cancellationToken);
        Assert.That(await Trial.RunAsync(stage, program, SharedStage.NextName(), Damages.Find(damage), cancellationToken), Is.Empty);
    }

    private static string Shipped()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (!File.Exists(Path.Combine(folder.FullName, "AppPreflight.sln"))) continue;
            var program = Path.Combine(folder.FullName, "artifacts/app-preflight/app-preflight");
            return File.Exists(program) ? program : throw new AssertionException($"{program} is not there: run `make publish`");
        }

        throw new AssertionException("these tests do not lie below the repository: there is no program to try");
    }
}
