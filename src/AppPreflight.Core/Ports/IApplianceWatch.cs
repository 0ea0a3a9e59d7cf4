namespace AppPreflight.Ports;

/// <summary>What the agent watches on this host. Cheap enough to be asked every few seconds.</summary>
public interface IApplianceWatch
{
    /// <summary>Never throws for what the files are like: what can't be read is a value like any other.</summary>
    ApplianceStamp Take();
}

/// <summary>Three texts that are equal as long as nothing changed.</summary>
/// <param name="Caches">The App Center's caches: their folders, <c>.all.tar</c>, <c>.ucs.ini</c>; and <c>apps.d</c>.</param>
/// <param name="AppKeys">Of UCR: <c>appcenter/apps/*/version</c>, <c>.../status</c>, <c>.../update/available</c>.</param>
/// <param name="Config">The agent's configuration file.</param>
public sealed record ApplianceStamp(string Caches, string AppKeys, string Config);
