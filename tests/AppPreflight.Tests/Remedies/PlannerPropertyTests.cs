using AppPreflight.Checks;
using AppPreflight.Images;
using AppPreflight.Oci;
using NUnit.Framework;
using static AppPreflight.Values;

namespace AppPreflight.Remedies;

/// <summary>
/// What may never happen, in thousands of states nobody thought of: a small engine as a value does what each plan says, as moby would,
/// and afterwards what has to be there still is. Seeded: a failure names the state that can be run again.
/// </summary>
internal sealed class PlannerPropertyTests
{
    private static readonly string[] Repositories = ["example.org/kelvin", "other.org/mirror"];
    private static readonly string[] Seeds = ["a", "b", "c", "d"];

    [Test]
    public void Takes_no_name_and_no_image_without_proof_whatever_the_state([Range(1, 4)] int block)
    {
        for (var seed = block * 5000; seed < (block + 1) * 5000; seed++)
        {
            var (engine, observations) = State(new Random(seed));
            var findings = Findings(engine, observations);
            Judge(seed, engine, observations, RemedyPlanner.Plan(observations, findings, engine));
        }
    }

    [Test]
    public void Plans_every_kind_of_act_in_these_states()
    {
        var kinds = new HashSet<(RemedyKind, FindingCode)>();
        for (var seed = 5000; seed < 10_000; seed++)
        {
            var (engine, observations) = State(new Random(seed));
            foreach (var remedy in RemedyPlanner.Plan(observations, Findings(engine, observations), engine).Remedies)
                kinds.UnionWith(remedy.Cures.Select(code => (remedy.Kind, code)));
        }

        Assert.That(kinds, Is.SupersetOf(new[]
        {
            (RemedyKind.Purge, FindingCode.StoredLayerAltered), (RemedyKind.Purge, FindingCode.DigestReferenceStale), (RemedyKind.Purge, FindingCode.TagMoved),
            (RemedyKind.Pull, FindingCode.ImageAbsent), (RemedyKind.AskOperator, FindingCode.StoredLayerAltered), (RemedyKind.AskOperator, FindingCode.DigestReferenceStale),
        }));
    }

    private static void Judge(int seed, EngineState engine, IReadOnlyList<ImageObservation> observations, RemedyPlan plan)
    {
        var where = $"state {seed}";
        foreach (var purge in plan.Remedies.Where(remedy => remedy.Kind == RemedyKind.Purge))
        {
            var victim = engine.Images.First(image => image.Id == purge.Of);
            Assert.That(victim.InUseBy, Is.Empty, $"{where}: {purge.Subject} is in use");
            Assert.That(purge.IsProven, Is.True, $"{where}: {purge.Subject} without proof");
            Assert.That(engine.Images.Where(image => image.Id != purge.Of).SelectMany(NamesOf).Intersect(purge.Names), Is.Empty, $"{where}: a name of another image");
        }

        var after = Perform(engine, observations, plan);
        var wanted = observations.Select(o => o.Image.Reference.ToString()).ToHashSet(StringComparer.Ordinal);
        foreach (var (tag, id) in engine.Images.SelectMany(image => image.Tags.Select(tag => (tag, image.Id))))
            Assert.That(wanted.Contains(tag) ? after.ContainsKey(tag) : after.GetValueOrDefault(tag) == id, Is.True, $"{where}: the name {tag} is lost");
        foreach (var o in observations.Where(o => Findings(engine, [o]).Count == 0))
            Assert.That(after.GetValueOrDefault(Key(o)), Is.EqualTo(o.Stored!.Id), $"{where}: {Key(o)} was sound and is gone");
    }

    /// <summary>Names to ids after the plan, as the engine would leave them: a pull sets tag and digest, if the digest is free.</summary>
    private static Dictionary<string, Digest> Perform(EngineState engine, IReadOnlyList<ImageObservation> observations, RemedyPlan plan)
    {
        var names = engine.Images.SelectMany(image => NamesOf(image).Select(name => (name, image.Id))).ToDictionary(pair => pair.name, pair => pair.Id, StringComparer.Ordinal);
        foreach (var remedy in plan.Remedies)
        {
            if (remedy.Kind == RemedyKind.Purge)
            {
                foreach (var name in remedy.Names) names.Remove(name);
            }
            else if (remedy.Kind == RemedyKind.Pull)
            {
                var o = observations.First(o => o.Image == remedy.Image);
                var id = engine.IdOf(o.Served!);
                if (o.Image.Reference.Digest is null) names[Key(o)] = id;
                names.TryAdd($"{o.Image.Reference.Name}@{o.Served!.Root.Digest}", id);
                foreach (var tag in remedy.AlsoTags) names[tag] = id;
            }
        }

        return names;
    }

    private static string Key(ImageObservation o) =>
        o.Image.Reference.Digest is { } digest ? o.Image.Reference.At(digest).ToString() : o.Image.Reference.ToString();

    private static IEnumerable<string> NamesOf(StoredImage image) => image.Tags.Concat(image.RepoDigests);

    private static List<Finding> Findings(EngineState engine, IReadOnlyList<ImageObservation> observations) =>
        [.. observations.SelectMany(o => (IEnumerable<Finding>)[.. ServedCheck.Look(o, engine), .. StoredCheck.Look(o, engine), .. InUseCheck.Look(o, engine)])];

    private static (EngineState Engine, IReadOnlyList<ImageObservation> Observations) State(Random random)
    {
        var rot = random.Next(4); // 0: base layer rotten wherever it is stored; 1: top layers of some; else sound
        var free = new List<string>(Repositories.SelectMany(name => new[] { $"{name}:1", $"{name}:2", $"{name}:mine" }));
        var digests = new List<string>(Repositories.SelectMany(name => Seeds.Select(seed => $"{name}@{Served(seed).Root.Digest}")));
        var images = Seeds.Where(_ => random.Next(3) > 0).Select(seed => Stored(seed) with
        {
            Tags = Draw(random, free, 3),
            RepoDigests = Draw(random, digests, 2),
            InUseBy = random.Next(5) == 0 ? [new("c", "c", random.Next(2) == 0)] : [],
            Content = random.Next(6) == 0 ? new() { Fault = new(Source.Engine, (Fault)random.Next(9), "words") }
                : Stored(seed, sound: rot > 1 || (rot == 1 && random.Next(2) == 0), firstDamaged: rot == 0 ? 0 : 2).Content,
        }).ToArray();
        var engine = Engine(images);
        string[] wanted = [$"{Repositories[0]}:1", $"{Repositories[0]}:2", $"{Repositories[1]}:1", $"{Repositories[0]}@{Served("a").Root.Digest}", $"{Repositories[0]}:2@{Served("b").Root.Digest}"];
        var observations = wanted.Where(_ => random.Next(2) == 0).Select(name => Look(random, name, engine)).ToList();
        return (engine, observations);
    }

    private static ImageObservation Look(Random random, string name, EngineState engine)
    {
        var reference = ImageReference.Parse(name);
        var seed = reference.Digest is null ? Seeds[random.Next(Seeds.Length)] : name.EndsWith(Served("a").Root.Digest.ToString(), StringComparison.Ordinal) ? "a" : "b";
        var observation = new ImageObservation(Wanted(name)) { Depth = Depth.Content, Stored = engine.Find(reference) };
        return random.Next(5) switch
        {
            0 => observation with { ServedFault = new(Source.Registry, (Fault)random.Next(9), "words") },
            1 => observation with { Served = Served(seed, spoilLast: layer => layer with { Proof = null, Fault = new(Source.Registry, (Fault)random.Next(9), "words") }) },
            _ => observation with { Served = Served(seed) },
        };
    }

    private static List<string> Draw(Random random, List<string> from, int most)
    {
        var drawn = new List<string>();
        for (var count = random.Next(most + 1); count > 0 && from.Count > 0; count--)
        {
            var at = random.Next(from.Count);
            drawn.Add(from[at]);
            from.RemoveAt(at);
        }

        return drawn;
    }
}
