namespace AppPreflight.Agent;

/// <summary>A reason to look afresh, already debounced.</summary>
/// <param name="Why">For the log and the request's origin, such as "app cache replaced" or "engine: image deleted"; never holds a secret.</param>
/// <param name="App">App id, as the cache spells it; null: every installed app.</param>
internal sealed record Trigger(string Why, string? App);
