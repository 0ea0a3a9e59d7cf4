namespace AppPreflight.Agent;

/// <summary>One watched text: a change counts when two looks in a row saw the same, so that an unpacking of thousands of files is one change.</summary>
/// <param name="longestUnrest">What does not come to rest counts after this time all the same.</param>
internal sealed class Settled(string first, TimeSpan longestUnrest)
{
    private string told = first;
    private string seen = first;
    private TimeSpan? unrestSince;

    /// <param name="now">Of a clock that nobody can set.</param>
    /// <returns>What the text was before it changed; null when there is nothing to tell (yet).</returns>
    public string? Look(string text, TimeSpan now)
    {
        var isAtRest = text == seen;
        seen = text;
        if (isAtRest && text == told)
        {
            unrestSince = null;
            return null;
        }

        unrestSince ??= now;
        if (!isAtRest && now - unrestSince < longestUnrest) return null;
        unrestSince = isAtRest ? null : now;
        (var before, told) = (told, text);
        return before == text ? null : before;
    }
}
