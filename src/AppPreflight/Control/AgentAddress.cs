namespace AppPreflight.Control;

/// <summary>Which appliance an agent looks after. A client whose options name another one does not speak to this agent.</summary>
/// <param name="Root">Absolute; the socket is below it.</param>
/// <param name="Host">The engine, as the option <c>--host</c> has it.</param>
/// <param name="State">Absolute.</param>
internal sealed record AgentAddress(string Root, string Host, string State)
{
    public string Root { get; } = Path.TrimEndingDirectorySeparator(Root);

    public string State { get; } = Path.TrimEndingDirectorySeparator(State);

    public string Folder => Path.Combine(Root, "run/app-preflight");

    public string Socket => Path.Combine(Folder, "control.sock");
}
