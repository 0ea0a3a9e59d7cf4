namespace AppPreflight.Control;

/// <summary>The agent could not or would not do what it was asked: one sentence, exit code 2.</summary>
internal sealed class AgentException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The run never began: the agent can't use its state directory, say.</summary>
    public bool IsFailure { get; init; }
}
