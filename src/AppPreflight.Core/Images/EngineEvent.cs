namespace AppPreflight.Images;

/// <summary>Something that happened in the engine.</summary>
/// <param name="Type">"image" or "container".</param>
/// <param name="Action">"pull", "tag", "untag", "delete", "start", "die" ...</param>
/// <param name="Subject">For an image its name or id, for a container its id.</param>
/// <param name="Name">The container's name, or the image's; empty when the engine gives none.</param>
public sealed record EngineEvent(string Type, string Action, string Subject, string Name, DateTimeOffset At);
