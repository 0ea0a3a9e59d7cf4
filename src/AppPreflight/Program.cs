using AppPreflight;
using AppPreflight.Cli;

using var interruption = new Interruption();
return await new CommandLine(Composition.Open, Terminal.OfProcess()).RunAsync(args, interruption.Token);
