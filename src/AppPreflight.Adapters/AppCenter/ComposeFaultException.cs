namespace AppPreflight.AppCenter;

/// <summary>A compose file that its reader refuses: the class of the refusal and a sentence that names the place.</summary>
/// <remarks>Classes: encoding, yaml, duplicate-key, missing-key, wrong-type, bad-value, recursion, killed, refused.</remarks>
internal sealed class ComposeFaultException(string kind, string message) : Exception(message)
{
    public string Kind { get; } = kind;

    public static ComposeFaultException Yaml(string what, int line) => new("yaml", $"line {line + 1}: {what}");

    public static ComposeFaultException WrongType(string message) => new("wrong-type", message);

    public static ComposeFaultException BadValue(string message) => new("bad-value", message);

    public static ComposeFaultException MissingKey(string message) => new("missing-key", message);

    public static ComposeFaultException Refused(string message) => new("refused", message);

    public static ComposeFaultException TooDeep() =>
        new("recursion", "it is nested deeper than its reader can follow");

    public static ComposeFaultException TooMuch() =>
        new("killed", "its aliases expand to more than its reader can hold");
}
