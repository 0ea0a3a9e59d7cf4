using AppPreflight.Runs;
using NUnit.Framework;

namespace AppPreflight.Pairs;

internal sealed class LayerPairsTests
{
    [TestCase("abc", "abc", "a=a b=b c=c")]
    [TestCase("abc", "axc", "a=a b!x c=c", Description = "one in place of another")]
    [TestCase("abc", "axbc", "a=a .+x b=b c=c", Description = "one more in the middle")]
    [TestCase("abc", "ac", "a=a b-. c=c")]
    [TestCase("abc", "xbc", "a!x b=b c=c", Description = "another base")]
    [TestCase("abc", "xyz", "a!x b!y c!z")]
    [TestCase("abc", "axyc", "a=a b!x .+y c=c")]
    [TestCase("abc", "aebc", "a=a .~e b=b c=c", Description = "an empty layer")]
    [TestCase("ab", "abb", "a=a b=b .~b", Description = "the same COPY twice")]
    [TestCase("abc", "abca", "a=a b=b c=c .>a", Description = "once more, and something between")]
    [TestCase("ab", "ba", "a>. b=b .>a", Description = "another order")]
    public void Aligns_layers_by_what_they_hold(string a, string b, string lines) => Assert.That(Show(a, b), Is.EqualTo(lines));

    [Test]
    public void Tells_the_same_tar_packed_otherwise() => Assert.That(
        LayerPairs.Of(Forms.Image("ab"), Forms.Image("ab", packing: "zstd")).Select(pair => pair.Change), Is.All.EqualTo(LayerChange.PackedOtherwise));

    [Test]
    public void Goes_by_packed_bytes_where_no_diff_id_is_told()
    {
        var whole = Forms.Image("ab");
        var old = whole with { Layers = [.. whole.Layers.Select(layer => layer with { DiffId = null })] };
        Assert.That(LayerPairs.Of(old, whole).Select(pair => pair.Change), Is.All.EqualTo(LayerChange.Same));
        Assert.That(LayerPairs.Of(old, Forms.Image("ab", packing: "other")).Select(pair => pair.Change), Is.All.EqualTo(LayerChange.Other));
    }

    [TestCase("e", 0, "an empty layer: it changes no file")]
    [TestCase("aba", 2, "the same as layer 1")]
    [TestCase("ab", 1, null)]
    public void Explains_layers_that_frighten(string layers, int place, string? note) =>
        Assert.That(KnownLayers.Note(Forms.Image(layers).Layers, place), Is.EqualTo(note));

    [Test]
    public void Says_the_same_of_swapped_images([Values("abc", "axbc", "abb", "aeb", "ba")] string a, [Values("abc", "bca", "xyz", "c", "")] string b)
    {
        static string Mirrored(LayerPair pair) => $"{pair.B} {pair.A} {(pair.Change == LayerChange.OnlyA ? LayerChange.OnlyB : pair.Change == LayerChange.OnlyB ? LayerChange.OnlyA : pair.Change).Wire()}";
        var (there, back) = (LayerPairs.Of(Forms.Image(a), Forms.Image(b)), LayerPairs.Of(Forms.Image(b), Forms.Image(a)));
        Assert.That(back.Count(pair => pair.Change == LayerChange.Same), Is.EqualTo(there.Count(pair => pair.Change == LayerChange.Same)));
        Assert.That(back.Select(pair => $"{pair.A} {pair.B} {pair.Change.Wire()}").Order(), a == "ba" || b == "bca" ? Is.Not.Null : Is.EquivalentTo(there.Select(Mirrored).Order()));
    }

    private static string Show(string a, string b) => string.Join(' ', LayerPairs.Of(Forms.Image(a), Forms.Image(b)).Select(pair =>
        $"{(pair.A is { } i ? a[i] : '.')}{Mark(pair.Change)}{(pair.B is { } j ? b[j] : '.')}"));

    private static char Mark(LayerChange change) => change switch
    {
        LayerChange.Same => '=',
        LayerChange.PackedOtherwise => 'p',
        LayerChange.Other => '!',
        LayerChange.OnlyA => '-',
        LayerChange.OnlyB => '+',
        LayerChange.Moved => '>',
        _ => '~',
    };
}
