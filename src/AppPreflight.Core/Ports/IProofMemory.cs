using AppPreflight.Oci;
using AppPreflight.Runs;

namespace AppPreflight.Ports;

/// <summary>Which stored layers were proved when. A memory orders what is looked at next and tells an admin; no verdict is made of it.</summary>
public interface IProofMemory
{
    /// <summary>By chain id. Never throws: a memory that can't be read is empty.</summary>
    IReadOnlyDictionary<ChainId, ProofNote> Recall();

    /// <summary>Takes new notes in, each in place of the older one of its layer.</summary>
    /// <exception cref="SourceException">It can't be written.</exception>
    void Remember(IReadOnlyCollection<ProofNote> notes);
}
