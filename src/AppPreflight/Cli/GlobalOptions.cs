using System.CommandLine;
using AppPreflight.Images;

namespace AppPreflight.Cli;

/// <summary>The options every command takes, and their way into <see cref="Settings"/>.</summary>
internal sealed class GlobalOptions
{
    private readonly Option<string> root = Text("--root", "DIR", "read App Center cache, UCR and configuration below DIR");
    private readonly Option<string> config = Text("--config", "FILE", "the agent's configuration (default: etc/app-preflight/config.yaml below --root)");
    private readonly Option<string> host = Text("--host", "URI", "the engine (default: DOCKER_HOST, else " + Settings.DefaultHost + ")");
    private readonly Option<string> state = Text("--state", "DIR", "journal, lock and last reports (default: " + Settings.DefaultState + ")");
    private readonly Option<bool> content = Flag("--content", "hash all contents, not only compare identifiers (repair, gate and verify always do)");
    private readonly Option<bool> json = Flag("--json", "the report as JSON on standard output, nothing else there");
    private readonly Option<bool> plain = Flag("--plain", "no colours, no live progress (NO_COLOR does the same)");
    private readonly Option<bool> verbose = Flag("--verbose", "more of what happens, and of what went wrong");

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { root, config, host, state, content, json, plain, verbose }) command.Add(option);
    }

    /// <exception cref="UsageException">An option was given without a value.</exception>
    public Settings Read(ParseResult parsed, Func<string, string?> environment) => new()
    {
        Root = Path.GetFullPath(Given(parsed, root) ?? "/"),
        Config = Given(parsed, config) is { } file ? Path.GetFullPath(file) : null,
        Host = Given(parsed, host) ?? (environment("DOCKER_HOST") is { Length: > 0 } named ? named : Settings.DefaultHost),
        State = Path.GetFullPath(Given(parsed, state) ?? Settings.DefaultState),
        Depth = parsed.GetValue(content) ? Depth.Content : Depth.Claims,
        Json = parsed.GetValue(json),
        Plain = parsed.GetValue(plain),
        Verbose = parsed.GetValue(verbose),
    };

    /// <summary>Whether <c>--verbose</c> stands among the arguments, for what goes wrong before they are understood.</summary>
    public static bool IsVerbose(IEnumerable<string> arguments) => arguments.Contains("--verbose", StringComparer.Ordinal);

    private static string? Given(ParseResult parsed, Option<string> option) => parsed.GetValue(option) switch
    {
        null => null,
        var value when value.Length == 0 || value.Contains('\0', StringComparison.Ordinal) => throw new UsageException($"{option.Name} needs a value"),
        var value => value,
    };

    private static Option<string> Text(string name, string shape, string description) =>
        new(name) { HelpName = shape, Description = description, Recursive = true };

    private static Option<bool> Flag(string name, string description) =>
        new(name) { Description = description, Recursive = true, Arity = ArgumentArity.Zero };
}
