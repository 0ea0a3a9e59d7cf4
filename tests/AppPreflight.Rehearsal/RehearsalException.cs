namespace AppPreflight.Rehearsal;

/// <summary>The rehearsal itself could not do what was asked: one sentence, and the log of the part where there is one.</summary>
internal sealed class RehearsalException(string message, Exception? inner = null) : Exception(message, inner);
