using AppPreflight;
using AppPreflight.Cli;

using var interruption = new Interruption();
var terminal = Terminal.OfProcess();
return await new CommandLine(Composition.Open, terminal)
{
    Agent = (settings, token) => Composition.RunAgentAsync(settings, terminal, act => interruption.HangUp = act, token),
    Reader = token => Composition.RunReaderAsync(terminal.Time, token),
}.RunAsync(args, interruption.Token);
