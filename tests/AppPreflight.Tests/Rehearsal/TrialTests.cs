using NUnit.Framework;

namespace AppPreflight.Rehearsal;

/// <summary>A trial believes nothing: products that lie, or do too much, are found out.</summary>
[NonParallelizable]
internal sealed class TrialTests
{
    private static async Task<IReadOnlyList<string>> TryAsync(string damage, string script, CancellationToken cancellationToken)
    {
        var stage = await SharedStage.OpenAsync(cancellationToken);
        var program = Path.Combine(stage.Engine.Folder, "product");
        await File.WriteAllTextAsync(program, $"#!/bin/sh\n{script}\n", cancellationToken);
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.UserWrite);
        return (await Trial.RunAsync(stage, program, SharedStage.NextName(), Damages.Find(damage), cancellationToken)).Faults;
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task Product_that_always_says_pass_is_found_out(CancellationToken cancellationToken)
    {
        var faults = await TryAsync("stored-layer-rotten", """echo '{"findings":[]}'""", cancellationToken);
        Assert.That(faults, Does.Contain("check, exit code: 0, wanted 1"));
        Assert.That(faults, Does.Contain("check, findings: none, wanted image-absent, stored-layer-altered"));
        Assert.That(faults, Has.One.Contains("release3.1.1"));
        Assert.That(faults, Has.One.Contains("file integrity checksum failed"));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task Product_that_purges_what_it_cannot_replace_is_found_out(CancellationToken cancellationToken)
    {
        const string Script = """
            host=$(echo "$*" | sed 's/.*--host //; s/ .*//')
            if [ "$1" = repair ]; then /usr/bin/docker -H "$host" rmi -f $(/usr/bin/docker -H "$host" images -q --no-trunc) >&2; fi
            echo '{"findings":[{"code":"image-absent"},{"code":"layer-shared-in-use"},{"code":"stored-layer-altered","cause":{"culprit":"local-store"}}]}'
            exit 1
            """;
        var faults = await TryAsync("stored-base-layer-rotten", Script, cancellationToken);
        Assert.That(faults, Is.Not.Empty.And.All.StartsWith("purged or renamed: "));
    }

    [Test]
    [CancelAfter(60_000)]
    public void Product_that_prints_no_report_is_named(CancellationToken cancellationToken) => Assert.That(
        async () => await TryAsync("absent", "echo hello; echo why >&2", cancellationToken),
        Throws.TypeOf<RehearsalException>().With.Message.Contain("no report: hello\nwhy"));
}
