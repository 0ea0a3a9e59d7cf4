using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using System.Reflection;
using AppPreflight.Oci;
using AppPreflight.Ports;
using AppPreflight.Runs;

namespace AppPreflight.Cli;

/// <summary>The commands and options of design.md section 3, and what becomes of everything that can go wrong: a sentence and an exit code.</summary>
/// <param name="open">Makes the rest of the program; the sentences it is handed (a broken journal line) go to standard error.</param>
internal sealed class CommandLine(Func<Settings, Action<string>, RunDoors> open, Terminal terminal)
{
    private const string Purpose = """
        May this appliance upgrade this app, all the way to the last step?

        Exit codes: 0 pass (warnings too), 1 fail, 2 could not tell,
        10 another run holds the lock, 64 wrong usage, 70 a bug.
        """;

    private readonly GlobalOptions options = new();

    /// <summary>What <c>agent</c> does, until the token ends it: its exit code.</summary>
    public Func<Settings, CancellationToken, Task<int>> Agent { get; init; } = static (_, _) => Task.FromResult(ExitCode.Pass);

    /// <summary>What <c>reader</c> does: the agent's eyes, one conversation on standard input.</summary>
    public Func<CancellationToken, Task<int>> Reader { get; init; } = static _ => Task.FromResult(ExitCode.Pass);

    public static string Version { get; } =
        typeof(CommandLine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";

    public async Task<int> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        try
        {
            // no response files: an argument "@file" is an argument, not an order to read a file
            var parsed = Tree().Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null, EnablePosixBundling = false });
            if (parsed.Errors.Count > 0 && parsed.Action is not HelpAction)
                return Usage(Sentence(parsed.Errors), parsed.CommandResult.Command);
            return await parsed.InvokeAsync(
                new() { Output = terminal.Output, Error = terminal.Error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null },
                cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            terminal.Complain($"stopped; nothing half done is left behind: run 'app-preflight {string.Join(' ', arguments)}' again");
            return ExitCode.CouldNotTell;
        }
        catch (SourceException e)
        {
            return Unusable(e.Message, e, arguments);
        }
        catch (IOException e)
        {
            return Unusable($"the output can't be written: {Quote.Short(e.Message)}", e, arguments);
        }
        catch (Exception e)
        {
            return Bug(e, arguments);
        }
    }

    private RootCommand Tree()
    {
        var root = new RootCommand(Purpose);
        options.AddTo(root);
        // the library's own also listens to /? and /h, which are paths here
        var help = new HelpOption("--help", "-h") { Description = "show this help", Action = new HelpAction { MaxWidth = Page.Width } };
        var version = new VersionOption { Description = "show the version", Action = new PrintVersion(terminal) };
        foreach (var given in root.Options.Where(option => option is HelpOption or VersionOption).ToList()) root.Options.Remove(given);
        root.Add(help);
        root.Add(version);
        root.Add(Status());
        root.Add(Chain());
        root.Add(Run(RunVerb.Check, "check", "look at all steps of the chain and report; changes nothing"));
        root.Add(Run(RunVerb.Repair, "repair", "check, purge and pull what does not match, look again, report"));
        root.Add(Gate());
        root.Add(Verify());
        root.Add(Compare());
        root.Add(Report());
        root.Add(Background());
        root.Add(Reading());
        return root;
    }

    private Command Status()
    {
        var app = new Argument<string?>("APP") { Arity = ArgumentArity.ZeroOrOne, Description = "only this app, with its findings" };
        var command = new Command("status", "each installed app: may it be upgraded, since when, why; starts nothing") { app };
        command.SetAction((parsed, token) => DispatchAsync(command, parsed, (settings, doors) =>
            new StatusCommand(doors, settings, terminal).RunAsync(AppChoice.Known(parsed.GetValue(app)), token)));
        return command;
    }

    private Command Chain()
    {
        var app = AppArgument();
        var command = new Command("chain", "the mandatory steps and the images each wants; asks neither engine nor registry") { app };
        command.SetAction((parsed, token) => DispatchAsync(command, parsed, (settings, doors) =>
            new RunCommand(doors, settings, terminal).RunAsync(RunVerb.Chain, AppChoice.One(parsed.GetValue(app), "chain needs an APP"), token)));
        return command;
    }

    private Command Run(RunVerb verb, string name, string description)
    {
        var app = AppArgument();
        var all = new Option<bool>("--all") { Description = "every installed app", Arity = ArgumentArity.Zero };
        var command = new Command(name, description) { app, all };
        command.SetAction((parsed, token) => DispatchAsync(command, parsed, (settings, doors) =>
            new RunCommand(doors, settings, terminal).RunAsync(verb, AppChoice.Of(parsed.GetValue(app), parsed.GetValue(all), name), token)));
        return command;
    }

    private Command Gate()
    {
        var app = new Argument<string?>("APP=VERSION") { Arity = ArgumentArity.ZeroOrOne, Description = "the app, and the version the App Center is about to step to" };
        var command = new Command("gate", "may the App Center take this step now? repairs its images, then decides") { app };
        command.SetAction((parsed, token) => DispatchAsync(command, parsed, (settings, doors) =>
        {
            const string missing = "gate needs APP=VERSION";
            var choice = AppChoice.One(parsed.GetValue(app), missing);
            return new RunCommand(doors, settings, terminal).RunAsync(RunVerb.Gate, choice.Version is null ? throw new UsageException(missing) : choice, token);
        }));
        return command;
    }

    private Command Verify()
    {
        var image = new Argument<string?>("IMAGE") { Arity = ArgumentArity.ZeroOrOne, Description = "an image reference, with tag or digest" };
        var stored = new Option<bool>("--stored") { Description = "only the engine's copy", Arity = ArgumentArity.Zero };
        var served = new Option<bool>("--served") { Description = "only the registry's copy", Arity = ArgumentArity.Zero };
        var command = new Command("verify", "one image, bytes against digests: the engine's copy, the registry's, or both") { image, stored, served };
        command.SetAction((parsed, token) => DispatchAsync(command, parsed, (settings, doors) =>
            new VerifyCommand(doors, settings, terminal).RunAsync(AppChoice.Known(parsed.GetValue(image)), parsed.GetValue(stored), parsed.GetValue(served), token)));
        return command;
    }

    private Command Compare()
    {
        const string forms = "a reference (at its registry), docker:NAME (the engine's), oci:DIR[:TAG] or archive:FILE";
        var a = new Argument<string?>("A") { Arity = ArgumentArity.ZeroOrOne, Description = forms };
        var b = new Argument<string?>("B") { Arity = ArgumentArity.ZeroOrOne, Description = "the other one, in any of these forms" };
        var grade = new Option<string?>("--grade") { HelpName = "GRADE", Description = "what is good enough: identical, same-image, same-layers or same-files (the default)" };
        var files = new Option<bool>("--files") { Description = "all files that differ, not only the first ten", Arity = ArgumentArity.Zero };
        var command = new Command("compare", "two names that ought to mean the same image: do they, and if not, where do they part?") { a, b, grade, files };
        command.SetAction((parsed, token) => DispatchAsync(command, parsed, (settings, doors) => new CompareCommand(doors, settings, terminal).RunAsync(
            AppChoice.Known(parsed.GetValue(a)), AppChoice.Known(parsed.GetValue(b)), parsed.GetValue(grade), parsed.GetValue(files), token)));
        return command;
    }

    private Command Report()
    {
        var run = new Argument<string?>("RUN") { Arity = ArgumentArity.ZeroOrOne, Description = "the run's key, as its report has it; the newest if not given" };
        var ticket = new Option<bool>("--ticket") { Description = "what the registry's or the network's operator needs to see the same, without secrets", Arity = ArgumentArity.Zero };
        var command = new Command("report", "the report of an earlier run once more, or the ticket it is worth; starts nothing") { run, ticket };
        command.SetAction((parsed, token) => DispatchAsync(command, parsed, (settings, doors) =>
            Task.FromResult(new ReportCommand(doors, settings, terminal).Run(AppChoice.Known(parsed.GetValue(run)), parsed.GetValue(ticket)))));
        return command;
    }

    private Command Background()
    {
        var command = new Command("agent", "the background agent, in the foreground: looks at all apps by itself, and heals; started by systemd");
        command.SetAction((parsed, token) => DispatchAsync(command, parsed, settings => Agent(settings, token)));
        return command;
    }

    // nobody types it: systemd does
    private Command Reading()
    {
        var command = new Command("reader", "reads an engine's layers for the agent; started by systemd") { Hidden = true };
        command.SetAction((parsed, token) => DispatchAsync(command, parsed, _ => Reader(token)));
        return command;
    }

    private static Argument<string?> AppArgument() =>
        new("APP") { Arity = ArgumentArity.ZeroOrOne, Description = "the app; APP=VERSION to end at that version" };

    private Task<int> DispatchAsync(Command command, ParseResult parsed, Func<Settings, RunDoors, Task<int>> act) =>
        DispatchAsync(command, parsed, settings => act(settings, open(settings, terminal.Complain)));

    private async Task<int> DispatchAsync(Command command, ParseResult parsed, Func<Settings, Task<int>> act)
    {
        try
        {
            return await act(options.Read(parsed, terminal.Environment));
        }
        catch (UsageException e)
        {
            return Usage(e.Message, command);
        }
    }

    // an unknown command also counts as a missing one; the first says more
    private static string Sentence(IReadOnlyList<ParseError> errors)
    {
        var said = errors.Select(error => error.Message).FirstOrDefault(message => !message.StartsWith("Required command", StringComparison.Ordinal));
        return said is null ? "a command is needed" : char.ToLowerInvariant(said[0]) + said[1..].TrimEnd('.');
    }

    private int Usage(string sentence, Command command)
    {
        var place = command is RootCommand ? "" : command.Name + " ";
        terminal.Complain($"{Quote.Short(sentence, 300)}; see app-preflight {place}--help");
        return ExitCode.WrongUsage;
    }

    private int Unusable(string sentence, Exception e, IReadOnlyList<string> arguments)
    {
        terminal.TryComplain(sentence);
        if (GlobalOptions.IsVerbose(arguments)) terminal.TryComplain(e.ToString());
        return ExitCode.CouldNotTell;
    }

    private int Bug(Exception e, IReadOnlyList<string> arguments)
    {
        terminal.TryComplain($"this is a bug in app-preflight {Version} ({e.GetType().Name}): please report it with the output of the same command and --verbose, see BUGS in app-preflight(1)");
        if (GlobalOptions.IsVerbose(arguments)) terminal.TryComplain(e.ToString());
        return ExitCode.Bug;
    }

    private sealed class PrintVersion(Terminal terminal) : System.CommandLine.Invocation.SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            terminal.Output.Write($"app-preflight {Version}\n");
            return ExitCode.Pass;
        }
    }
}
