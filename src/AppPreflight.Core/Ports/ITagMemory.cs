using AppPreflight.Images;

namespace AppPreflight.Ports;

/// <summary>What tags named when. What is told of it is a warning at most; no other verdict is made of it.</summary>
public interface ITagMemory
{
    /// <summary>By <see cref="TagNote.Key"/>. Never throws: a memory that can't be read is empty.</summary>
    IReadOnlyDictionary<string, TagNote> Recall();

    /// <summary>Takes notes in, each in place of the older one of its tag.</summary>
    /// <exception cref="SourceException">It can't be written.</exception>
    void Remember(IReadOnlyCollection<TagNote> notes);
}
