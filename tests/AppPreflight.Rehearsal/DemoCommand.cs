using System.Diagnostics;
using System.Globalization;

namespace AppPreflight.Rehearsal;

/// <summary>Tells the story of the main job with the real executable: looks, repairs, and proves it with the registry switched off.</summary>
internal static class DemoCommand
{
    private const string DefaultDamage = "stored-layer-rotten";

    public static async Task<int> RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        var program = arguments.Program ?? throw new UsageException("demo needs --program PATH");
        if (!File.Exists(program)) throw new RehearsalException($"no executable {program}: run make publish first");
        var damage = arguments.Damages.Count == 0 ? Damages.Find(DefaultDamage) : arguments.Damages[0];
        if (!damage.Curable) throw new UsageException($"'{damage.Name}' cannot be cured, so the story cannot come true");
        var clock = Stopwatch.StartNew();
        var story = new Story(Console.Out);
        await using (var stage = await Stage.OpenAsync(new(arguments.Port), cancellationToken))
        {
            var options = new ApplianceOptions { LayerSizeBytes = arguments.LayerMebibytes << 20 };
            await using var appliance = await Appliance.BuildDamagedAsync(stage, options, [damage], cancellationToken);
            await TellAsync(story, appliance, damage, new(program, appliance), cancellationToken);
        }

        return story.End(clock.Elapsed);
    }

    private static async Task TellAsync(
        Story story, Appliance appliance, Damage damage, Executable program, CancellationToken cancellationToken)
    {
        var container = await appliance.LookAtContainerAsync(cancellationToken);
        story.Head("An appliance");
        story.Say($"{Appliance.App} 1.10.3 is installed and runs in container {container.Id[..12]}.");
        story.Say($"2.0.0 and 3.1.1 are offered. {damage.Name}: {damage.What}.");
        await story.RunAsync(program, $"chain {Appliance.App}", 0, cancellationToken);

        story.Head("May it upgrade, all the way?");
        await LookAsync(story, appliance, damage, program, cancellationToken);

        story.Head("Make it so");
        await story.RunAsync(program, $"repair {Appliance.App}", 0, cancellationToken);
        await story.RunAsync(program, $"check {Appliance.App} --content", 0, cancellationToken);

        story.Head("What the App Center asks before the next step");
        await story.RunAsync(program, $"gate {Appliance.App}=2.0.0", 0, cancellationToken);

        story.Head("Another manifest, the same image?");
        var again = PairImages.Repacked(appliance.IntermediateServed, ImageFormat.Oci, PairImages.Best);
        await appliance.Stage.Registry.Api.PushAsync(appliance.RepositoryPath, "prod", ImageBuilder.Index(ImageFormat.Oci, attestation: true, again), cancellationToken);
        story.Say("2.0.0 was retagged prod and pushed by a newer engine: other manifest, other gzip, an attestation.");
        await story.RunAsync(program, $"compare {appliance.IntermediateReference} {appliance.Repository}:prod", 0, cancellationToken);

        story.Head("Was that the truth?");
        await ProveAsync(story, appliance, container, cancellationToken);
        await story.RunAsync(program, $"status {Appliance.App}", 0, cancellationToken);
    }

    private static async Task LookAsync(
        Story story, Appliance appliance, Damage damage, Executable program, CancellationToken cancellationToken)
    {
        var engine = appliance.Stage.Engine.Api;
        var before = await engine.SnapshotAsync(cancellationToken);
        var check = $"check {Appliance.App} --content";
        await story.RunAsync(program, check, 1, cancellationToken);
        var (_, codes) = await program.CodesAsync(check, cancellationToken);
        story.Expect($"it names exactly what is wrong: {string.Join(", ", codes)}", codes.SequenceEqual(damage.Before));
        var after = await engine.SnapshotAsync(cancellationToken);
        story.Expect("the engine holds what it held before the check", before.SameAs(after));
    }

    private static async Task ProveAsync(
        Story story, Appliance appliance, RunningContainer container, CancellationToken cancellationToken)
    {
        var engine = appliance.Stage.Engine;
        var now = await appliance.LookAtContainerAsync(cancellationToken);
        story.Expect($"container {now.Id[..12]} is the same, still running since {now.StartedAt.Split('.')[0]}", now == container && now.Running);
        await appliance.Stage.Registry.StopAsync(cancellationToken);
        story.Say("The registry is switched off now.");
        await story.ProveAsync(engine, appliance.InstalledReference, appliance.Images.Installed, cancellationToken);
        await story.ProveAsync(engine, appliance.IntermediateReference, appliance.IntermediateServed, cancellationToken);
        await story.ProveAsync(engine, appliance.TargetReference, appliance.Images.Target, cancellationToken);
    }
}

/// <summary>The headings, the commands and whether each came out as told.</summary>
internal sealed class Story(TextWriter output)
{
    private int failures;

    public void Head(string text) => output.WriteLine($"\n== {text}");

    public void Say(string text) => Write("   ", text);

    public void Expect(string claim, bool cameTrue)
    {
        if (!cameTrue) failures++;
        Write($"   {(cameTrue ? "yes" : "NO ")} ", claim);
    }

    public async Task RunAsync(Executable program, string words, int wanted, CancellationToken cancellationToken)
    {
        await output.WriteLineAsync($"\n$ app-preflight {words}".AsMemory(), cancellationToken);
        await output.FlushAsync(cancellationToken);
        var code = await program.ShowAsync(words, cancellationToken);
        Expect(string.Create(CultureInfo.InvariantCulture, $"exit code {code}, wanted {wanted}"), code == wanted);
    }

    public async Task ProveAsync(Engine engine, string reference, BuiltImage image, CancellationToken cancellationToken)
    {
        var fault = await ImageProof.FaultAsync(engine, reference, image, cancellationToken);
        var tag = reference[(reference.LastIndexOf(':') + 1)..];
        Expect(fault ?? $"{tag} is in the store, complete: config and {image.Layers.Count} layers read out and hashed", fault is null);
    }

    // wrapped as the program wraps its own lines, at 80 columns
    private void Write(string start, string text)
    {
        const int width = 80;
        var line = start;
        foreach (var word in text.Split(' '))
        {
            if (line.Length + word.Length > width && line.Length > start.Length)
            {
                output.WriteLine(line.TrimEnd());
                line = new string(' ', start.Length);
            }

            line += word + " ";
        }

        output.WriteLine(line.TrimEnd());
    }

    public int End(TimeSpan elapsed)
    {
        var sentence = failures == 0 ? "All of it came true" : $"{failures} of it did NOT come true";
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\n{sentence}, in {elapsed.TotalSeconds:0.0} s."));
        return failures == 0 ? 0 : 1;
    }
}
