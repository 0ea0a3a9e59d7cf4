using System.Security.Cryptography;
using NUnit.Framework;

namespace AppPreflight.Packaging;

/// <summary>Two builds. In a fixture of its own, which comes after the others: the second build goes on beside them.</summary>
[NonParallelizable]
internal sealed class PackageTwiceTests
{
    [OneTimeSetUp]
    public Task Prepare() => PackageBuild.Package;

    [Test, CancelAfter(600_000)]
    public async Task Two_builds_give_the_same_bytes_in_any_folder_time_zone_and_umask(CancellationToken cancellationToken)
    {
        var first = await DigestAsync(await PackageBuild.Package, cancellationToken);
        Assert.That(await DigestAsync(await PackageBuild.PackageAgain.WaitAsync(cancellationToken), cancellationToken), Is.EqualTo(first));
    }

    private static async Task<string> DigestAsync(string path, CancellationToken cancellationToken)
    {
        await using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellationToken));
    }
}
