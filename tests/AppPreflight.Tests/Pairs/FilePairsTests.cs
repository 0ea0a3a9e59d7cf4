using AppPreflight.Images;
using NUnit.Framework;

namespace AppPreflight.Pairs;

internal sealed class FilePairsTests
{
    private static readonly LayerFile Plain = Forms.File("f a hello");

    private static IEnumerable<TestCaseData<LayerFile, string>> Changes() =>
    [
        new(Forms.File("f a world"), "content"),
        new(Plain with { Mode = 0x1ff }, "mode 0644 -> 0777"),
        new(Plain with { Uid = 7 }, "owner 0:0 -> 7:0"),
        new(Plain with { Gid = 9 }, "owner 0:0 -> 0:9"),
        new(Plain with { Attributes = "user.x=00" }, "attributes"),
        new(Forms.File("d a"), "type file -> directory"),
        new(Forms.File("l a b"), "type file -> symlink"),
    ];

    [TestCaseSource(nameof(Changes))]
    public void Names_what_of_a_file_is_other(LayerFile changed, string text)
    {
        var pair = Compare([Plain], [changed]).Single();
        Assert.That(pair.Change, Is.EqualTo(FileChange.Changed));
        Assert.That($"{string.Join(", ", pair.What)} {pair.Values?.A} -> {pair.Values?.B}", Does.Contain(text.Split(' ')[0]));
        if (text.Contains("->", StringComparison.Ordinal) && pair.What.Count == 1) Assert.That($"{pair.What[0]} {pair.Values!.Value.A} -> {pair.Values.Value.B}", Is.EqualTo(text));
    }

    [Test]
    public void Tells_a_file_of_two_names_from_two_files()
    {
        LayerFile[] two = [Plain, Plain with { Path = "b" }];
        Assert.That(Compare([.. two.Select(file => file with { LinkedTo = "a" })], two).Select(pair => $"{pair.Path} {string.Join(", ", pair.What)}"), Is.EqualTo(new[] { "a links", "b links" }));
    }

    [Test]
    public void Tolerates_times_and_names_of_owners_and_tells_them()
    {
        var other = Plain with { Stamp = new(86_400, 5_000_000, "build", "users", 9) };
        Assert.That(Compare([Plain], [other]).Select(pair => $"{pair.Change} {string.Join(", ", pair.What)}"), Is.EqualTo(new[] { "Stamp time, user name, group name" }));
        Assert.That(Compare([Plain], [Plain with { Stamp = Plain.Stamp with { Place = 7 } }]), Is.Empty);
    }

    [Test]
    public void Tells_what_was_added_and_what_was_removed()
    {
        var pairs = Compare([Plain, Forms.File("f gone 12")], [Plain, Forms.File("f here 1234")]);
        Assert.That(pairs.Select(pair => (pair.Path, pair.Change, pair.SizeA, pair.SizeB)), Is.EqualTo(new (string, FileChange, long?, long?)[]
        {
            ("gone", FileChange.Removed, 2, null), ("here", FileChange.Added, null, 4),
        }));
    }

    [TestCase("d a")]
    [TestCase("i a")]
    [TestCase("h a")]
    public void Doubts_what_only_the_layers_below_can_tell(string line)
    {
        Assert.That(Compare([], [Forms.File(line)], isWhole: false).Single().IsDoubtful, Is.True);
        Assert.That(Compare([], [Forms.File(line)]).Select(pair => pair.IsDoubtful), line[0] == 'h' ? Is.Empty : Is.EqualTo(new[] { false }));
    }

    [Test]
    public void Has_a_whiteout_where_the_other_has_a_file_for_a_removed_file()
    {
        var pair = Compare([Plain], [Forms.File("h a")], isWhole: false).Single();
        Assert.That((pair.Change, pair.SizeA, pair.SizeB, pair.IsDoubtful), Is.EqualTo((FileChange.Removed, (long?)5, (long?)null, false)));
    }

    [Test]
    public void Mirrors_what_it_says_of_swapped_trees([Range(1, 40)] int seed)
    {
        var random = new Random(seed);
        LayerFile[] Some() => [.. Enumerable.Range(0, 8).Select(_ => Forms.File($"{"dfhl"[random.Next(4)]} {(char)('a' + random.Next(6))} {random.Next(2)}")).DistinctBy(file => file.Path)];
        var (a, b) = (Some(), Some());
        static FileChange Mirror(FileChange change) => change == FileChange.Added ? FileChange.Removed : change == FileChange.Removed ? FileChange.Added : change;
        Assert.That(Compare(b, a, isWhole: false).Select(pair => (pair.Path, pair.Change, pair.IsDoubtful)),
            Is.EqualTo(Compare(a, b, isWhole: false).Select(pair => (pair.Path, Mirror(pair.Change), pair.IsDoubtful))));
    }

    [Test]
    public void Knows_another_order_of_the_same_entries()
    {
        var (a, b) = (Forms.Layer(0, "f a x", "f b y"), Forms.Layer(0, "f b y", "f a x"));
        Assert.That((FilePairs.IsOrderOther(a, b), FilePairs.IsOrderOther(a, a)), Is.EqualTo((true, false)));
    }

    private static IReadOnlyList<FilePair> Compare(LayerFile[] a, LayerFile[] b, bool isWhole = true) => FilePairs.Of(Tree(a), Tree(b), isWhole);

    private static LayeredTree Tree(LayerFile[] files)
    {
        var tree = new LayeredTree();
        tree.Add(new(0, Forms.DiffIdOf('a'), [.. files.OrderBy(file => file.Path, StringComparer.Ordinal)]));
        return tree;
    }
}
