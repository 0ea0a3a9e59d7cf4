using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.Runs;

/// <summary>One layer was read through.</summary>
/// <param name="IsSound">False: it was read, and is damaged.</param>
/// <param name="Stamp">Of the layer when it was read: another one now says that it was written anew since.</param>
public sealed record ProofNote(ChainId Chain, DateTimeOffset At, bool IsSound, ProofWay Way, bool IsFromMedium, long SizeBytes, string Stamp);
