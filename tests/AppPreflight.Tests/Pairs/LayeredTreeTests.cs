using AppPreflight.Images;
using NUnit.Framework;

namespace AppPreflight.Pairs;

internal sealed class LayeredTreeTests
{
    [Test]
    public void Lets_the_upper_layer_have_the_last_word() =>
        Assert.That(Whole(["d etc", "f etc/motd one", "f etc/os x"], ["d etc", "f etc/motd two"]), Is.EqualTo(Whole(["d etc", "f etc/motd two", "f etc/os x"])));

    [Test]
    public void Hides_what_a_whiteout_hides_with_all_below_it() =>
        Assert.That(Whole(["d a", "d a/b", "f a/b/c x"], ["d a", "h a/b"]), Is.EqualTo(Whole(["d a"])));

    [Test]
    public void Lets_nothing_show_through_an_opaque_folder() =>
        Assert.That(Whole(["d a", "f a/old x"], ["o a", "f a/new y"]), Is.EqualTo(Whole(["d a", "f a/new y"])));

    [Test]
    public void Shows_nothing_of_a_folder_that_was_replaced_and_made_again() =>
        Assert.That(Whole(["d a", "f a/old x"], ["f a file"], ["d a", "f a/new y"]), Is.EqualTo(Whole(["d a", "f a/new y"])));

    [Test]
    public void Keeps_what_it_knows_of_a_folder_that_is_only_passed_through()
    {
        var tree = new LayeredTree();
        tree.Add(new(0, Forms.DiffIdOf('a'), [Forms.File("d etc") with { Mode = 0x1c0 }]));
        tree.Add(Forms.Layer(1, "i etc", "f etc/motd x"));
        Assert.That(tree.Files(isWhole: true)["etc"].File, Has.Property(nameof(LayerFile.Kind)).EqualTo(LayerFileKind.ImplicitDirectory).And.Property(nameof(LayerFile.Mode)).EqualTo(0x1c0));
    }

    [Test]
    public void Keeps_a_whiteout_where_something_may_lie_below()
    {
        var tree = Tree(["f a x"], ["h a"]);
        Assert.That(tree.Files(isWhole: false).Values.Select(one => one.File.Kind), Is.EqualTo(new[] { LayerFileKind.Whiteout }));
        Assert.That(tree.Files(isWhole: true), Is.Empty);
    }

    [Test]
    public void Keeps_a_folder_made_over_a_whiteout_closed_to_what_lies_below() =>
        Assert.That(Tree(["h a"], ["d a", "f a/b x"]).Files(isWhole: false)["a"].File.IsOpaque, Is.True);

    [Test]
    public void Calls_the_rest_of_a_linked_file_by_the_name_that_is_left()
    {
        var linked = new LayerFiles(0, Forms.DiffIdOf('a'), [.. new[] { "a", "b", "c" }.Select(name => Forms.File($"f {name} same") with { LinkedTo = "a" })]);
        var tree = new LayeredTree();
        tree.Add(linked);
        tree.Add(Forms.Layer(1, "h a"));
        Assert.That(tree.Files(isWhole: true).Values.Select(one => one.File.LinkedTo), Is.EqualTo(new[] { "b", "b" }));
        tree.Add(Forms.Layer(2, "f c other"));
        Assert.That(tree.Files(isWhole: true).Values.Select(one => one.File.LinkedTo), Is.EqualTo(new string?[] { null, null }));
    }

    [Test]
    public void Changes_nothing_by_a_layer_put_on_itself([Range(1, 60)] int seed)
    {
        var random = new Random(seed);
        var layers = Enumerable.Range(0, 3).Select(_ => Random(random)).ToList();
        Assert.That(Whole([.. layers, layers[^1]]), Is.EqualTo(Whole([.. layers])));
    }

    private static string[] Random(Random random) =>
        [.. Enumerable.Range(0, 6).Select(_ => $"{"dfhoi"[random.Next(5)]} {(char)('a' + random.Next(3))}/{(char)('a' + random.Next(3))} {random.Next(3)}").DistinctBy(line => line[2..5])];

    private static List<string> Whole(params string[][] layers) =>
        [.. Tree(layers).Files(isWhole: true).Values.Select(one => $"{one.File.Kind} {one.File.Path} {one.File.Content?.Short} {one.File.IsOpaque}")];

    private static LayeredTree Tree(params string[][] layers)
    {
        var tree = new LayeredTree();
        foreach (var (i, lines) in layers.Index()) tree.Add(Forms.Layer(i, lines));
        return tree;
    }
}
