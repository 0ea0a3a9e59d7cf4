using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Ports;
using AppPreflight.Runs;
using NUnit.Framework;

namespace AppPreflight.Journal;

internal sealed class TagFileTests
{
    private StateDirectory state;

    [SetUp]
    public void MakeDirectory() => state = new StateDirectory();

    [TearDown]
    public void RemoveDirectory() => state.Dispose();

    [Test]
    public void Gives_back_what_it_was_given_and_the_newer_note_of_each_tag()
    {
        var (first, other) = (Note("kelvin:1", 0), Note("wiki:1", 0));
        new TagFile(state.FullName).Remember([first, other]);
        var moved = first.Then(Note("kelvin:1", 1, "moved").Latest);
        new TagFile(state.FullName).Remember([moved]);
        var recalled = new TagFile(state.FullName).Recall();
        Assert.That(TagJson.Write(recalled.Values), Is.EqualTo(TagJson.Write([other, moved])));
        Assert.That(recalled[moved.Key].LastMove!.Before.Marks.DiffIds, Is.EqualTo(first.Latest.Marks.DiffIds));
        Assert.That(File.GetUnixFileMode(Path.Combine(state.FullName, "tags.json")), Is.EqualTo(StateFolder.ReadableByGroup));
    }

    [Test]
    public void Lets_those_go_that_were_not_looked_at_for_longest()
    {
        var memory = new TagFile(state.FullName);
        memory.Remember([.. Enumerable.Range(0, TagJson.MostTags + 20).Select(day => Note($"kelvin:{day}", day))]);
        Assert.That(memory.Recall().Keys, Is.EquivalentTo(Enumerable.Range(20, TagJson.MostTags).Select(day => Note($"kelvin:{day}", day).Key)));
    }

    [Test]
    public void Never_writes_more_than_it_would_read()
    {
        var layers = Enumerable.Range(0, TagNote.MostLayers).Select(i => Values.Diff($"{i}")).ToList();
        TagNote Full(int day)
        {
            var note = Note($"kelvin:{day}", day);
            var full = note.Latest with { Marks = note.Latest.Marks with { DiffIds = layers } };
            return note with { States = [.. Enumerable.Repeat(full, TagNote.MostStates)] };
        }

        var bytes = TagJson.Write(Enumerable.Range(0, 60).Select(Full));
        Assert.That(bytes, Has.Length.AtMost(TagJson.MaxBytes));
        var kept = TagJson.Read(bytes);
        Assert.That(kept.Select(tag => tag.Key), Is.EqualTo(Enumerable.Range(0, 60).Reverse().Take(kept.Count).Select(day => Note($"kelvin:{day}", day).Key)));
        Assert.That(kept, Has.Count.AtLeast(20));
    }

    [Test]
    public void Says_in_a_sentence_that_it_cannot_be_written()
    {
        var file = Path.Combine(state.FullName, "none");
        File.WriteAllText(file, "");
        Assert.That(() => new TagFile(file).Remember([Note("kelvin:1", 0)]), Throws.TypeOf<SourceException>().With.Message.Contains(file));
        Assert.That(new TagFile(file).Recall(), Is.Empty);
    }

    private static TagNote Note(string name, int day, string seed = "kelvin") => TagNote.Of(ImageReference.Parse(name), Values.Served(seed), new("linux", "amd64"), StateDirectory.Noon.AddDays(day))!;
}
