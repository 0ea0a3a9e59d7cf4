using AppPreflight.Images;
using AppPreflight.Ports;
using AppPreflight.Runs;

namespace AppPreflight.Journal;

/// <summary><c>tags.json</c>: what each tag of the chains named when; replaced whole. docs/formats.md has it field by field.</summary>
internal sealed class TagFile(string directory) : ITagMemory
{
    private const string Name = "tags.json";
    private readonly StateFolder folder = new(directory);

    public IReadOnlyDictionary<string, TagNote> Recall()
    {
        try
        {
            return TagJson.Read(folder.Read(Name, TagJson.MaxBytes)).ToDictionary(tag => tag.Key, StringComparer.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            return new Dictionary<string, TagNote>(StringComparer.Ordinal);
        }
    }

    public void Remember(IReadOnlyCollection<TagNote> notes)
    {
        folder.Make();
        var all = new Dictionary<string, TagNote>(Recall(), StringComparer.Ordinal);
        foreach (var note in notes) all[note.Key] = note;
        folder.Guard("written", () => folder.Replace(Name, TagJson.Write(all.Values)));
    }
}
