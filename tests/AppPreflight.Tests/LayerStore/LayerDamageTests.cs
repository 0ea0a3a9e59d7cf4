using AppPreflight.Rehearsal;
using NUnit.Framework;

namespace AppPreflight.LayerStore;

/// <summary>
/// Every damage of the catalogue, in the first, the middle and the last layer of a real engine's image, against the program as
/// it ships: the layer, the file and what is wrong with it are named, and nothing else is.
/// </summary>
[NonParallelizable]
internal sealed class LayerDamageTests
{
    private static IEnumerable<TestCaseData<string, int>> Cases =>
        from damage in LayerDamages.All
        from layer in Enumerable.Range(0, StackedImages.Height)
        where layer > 0 || damage.InBase
        select new TestCaseData<string, int>(damage.Name, layer);

    [TestCaseSource(nameof(Cases))]
    [CancelAfter(60_000)]
    public async Task Names_the_damage_and_nothing_else(string name, int layer, CancellationToken cancellationToken)
    {
        var damage = LayerDamages.Find(name);
        var store = await StackedStore.OpenAsync(cancellationToken);
        // the base layer is the other image's too, which has to be named as well
        (string Reference, BuiltImage Image)[] concerned = layer == 0
            ? [(store.WholeReference, store.Images.Whole), (store.SharerReference, store.Images.Sharer)]
            : [(store.WholeReference, store.Images.Whole)];
        var verdicts = new List<StoredVerdict>();
        var mend = damage.Spoil(store.Places, layer);
        try
        {
            foreach (var (reference, _) in concerned)
                verdicts.Add(await StoredVerdict.OfAsync(store.Stage.Engine, reference, cancellationToken));
        }
        finally
        {
            mend();
        }

        using (Assert.EnterMultipleScope())
        {
            foreach (var (verdict, (reference, image)) in verdicts.Zip(concerned))
            {
                Assert.That(verdict.Findings, Is.EqualTo(new[] { StoredVerdict.Line(damage, layer, reference, image) }));
                Assert.That(verdict.ExitCode, Is.EqualTo(1));
                Assert.That(verdict.Way, Is.EqualTo("layer-store"));
            }
        }
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task Finds_nothing_in_an_image_that_only_stands_beside_the_damaged_layers(CancellationToken cancellationToken)
    {
        var store = await StackedStore.OpenAsync(cancellationToken);
        var mends = LayerDamages.All.Where(damage => damage.Name.EndsWith("-missing", StringComparison.Ordinal))
            .Select(damage => damage.Spoil(store.Places, StackedImages.Height - 1)).ToList();
        StoredVerdict verdict;
        try
        {
            verdict = await StoredVerdict.OfAsync(store.Stage.Engine, store.SharerReference, cancellationToken);
        }
        finally
        {
            mends.ForEach(mend => mend());
        }

        Assert.That(verdict.Findings, Is.Empty);
        Assert.That(verdict.ExitCode, Is.Zero);
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task Reads_the_store_itself_and_finds_nothing_where_nothing_is_wrong(CancellationToken cancellationToken)
    {
        var store = await StackedStore.OpenAsync(cancellationToken);
        var verdict = await StoredVerdict.OfAsync(store.Stage.Engine, store.WholeReference, cancellationToken);
        Assert.That(verdict.Findings, Is.Empty);
        Assert.That(verdict.ExitCode, Is.Zero);
        Assert.That(verdict.Way, Is.EqualTo("layer-store"));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task Names_all_damages_at_once_layer_by_layer(CancellationToken cancellationToken)
    {
        string[] names = ["content-flipped", "mode-altered", "whiteout-removed", "surplus-file", "capability-lost"];
        var store = await StackedStore.OpenAsync(cancellationToken);
        var mends = new Stack<Action>();
        StoredVerdict verdict;
        try
        {
            foreach (var layer in Enumerable.Range(0, StackedImages.Height))
                foreach (var name in names) mends.Push(LayerDamages.Find(name).Spoil(store.Places, layer));
            verdict = await StoredVerdict.OfAsync(store.Stage.Engine, store.WholeReference, cancellationToken);
        }
        finally
        {
            foreach (var mend in mends) mend();
        }

        var wanted = store.Images.Whole.Layers.SelectMany((layer, place) => new[]
        {
            $"stored-layer-altered fail {store.WholeReference} {layer.DiffId}: content own{place}/plain.bin",
            $"stored-layer-metadata-altered fail {store.WholeReference} {layer.DiffId}: "
                + $"mode own{place}/owned.conf, surplus own{place}/surplus, whiteout shared/doomed{place}, xattr own{place}/ping",
        });
        Assert.That(verdict.Findings.Select(Sorted), Is.EquivalentTo(wanted));
    }

    // one finding's files in a fixed order: theirs is the order of the layer, which no reader has to rely on
    private static string Sorted(string finding)
    {
        var start = finding.LastIndexOf(": ", StringComparison.Ordinal) + 2;
        return finding[..start] + string.Join(", ", finding[start..].Split(", ").Order(StringComparer.Ordinal));
    }
}
