using AppPreflight.Oci;
using AppPreflight.Ports;
using AppPreflight.Runs;

namespace AppPreflight.Journal;

/// <summary><c>proofs.json</c>: when each stored layer was read through last; replaced whole. docs/formats.md has it field by field.</summary>
internal sealed class ProofFile(string directory) : IProofMemory
{
    private const string Name = "proofs.json";
    private readonly StateFolder folder = new(directory);

    public IReadOnlyDictionary<ChainId, ProofNote> Recall()
    {
        try
        {
            using var file = folder.Open(Name, FileMode.Open, FileAccess.Read);
            if (file.Length > ProofJson.MaxBytes) return Nothing;
            var bytes = new byte[file.Length];
            var count = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            return ProofJson.Read(bytes.AsMemory(0, count)).ToDictionary(note => note.Chain);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            return Nothing;
        }
    }

    public void Remember(IReadOnlyCollection<ProofNote> notes)
    {
        folder.Make();
        var all = new Dictionary<ChainId, ProofNote>(Recall());
        foreach (var note in notes) all[note.Chain] = note;
        var kept = all.Values.OrderByDescending(note => note.At).Take(ProofJson.MostNotes).OrderBy(note => note.At).ThenBy(note => note.Chain.ToString(), StringComparer.Ordinal);
        folder.Guard("written", () => folder.Replace(Name, ProofJson.Write(kept)));
    }

    private static Dictionary<ChainId, ProofNote> Nothing => [];
}
