using System.Runtime.InteropServices;
using AppPreflight.Rehearsal;

const string Help = """
    A real engine, a real registry and a whole appliance on loopback, with a catalogue of damages.

      up [--damage NAME]... [--port N] [--mib N]   starts all of it, tells how to point app-preflight at it, waits for Ctrl-C
      damages                                      the catalogue: what is wrong, and which findings that has to give
      damages --program PATH [--damage NAME]...    check, repair, check with the real executable for every damage, and the table of
                                                   verdict, culprit and whether it was healed; 0 only if all is as expected
      demo --program PATH [--damage NAME]          tells the whole story with the real executable; 0 only if all came true
      sweep --program PATH [--damage NAME]...      kills a repair at every step, or takes engine or registry away there, for every curable
                                                   damage; 0 only if nothing ever was worse than before and the next repair healed it
      bench --program PATH [--rounds N] [--size MB] [--big MB] [--paper FILE] [--only compare]
                                                   verify, check and compare beside docker save, openssl, skopeo and docker pull, in turn
      idle --program PATH [--minutes N]            memory and processor time of the agent with nothing to do (default: 10 minutes)

      --damage NAME   spoils the appliance; several are done one after the other
      --port N        port of the registry (default: a free one)
      --mib N         size of each larger layer in MiB (default 1)
      --rounds N      how often a bench repeats what it measures (default 5; one more that does not count comes first)
      --size MB       unpacked size of a bench's image in millions of bytes (default 1000)
      --big MB        also memory of verify on an image with one file of that many million bytes of zeros
      --paper FILE    where a bench writes its tables
      --only kills    a sweep kills once at each write, and does nothing else
      --only compare  a bench of compare alone; of the file it writes that section alone

    Needs root and dockerd, docker-registry and busybox-static of Debian 12 (tests/setup.sh installs them). Everything lives in
    two folders below /tmp and in namespaces of its own; the engine of this machine is not touched, and nothing is left behind.
    """;

using var ended = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, End);

try
{
    var arguments = Arguments.Parse(args);
    return arguments.Command switch
    {
        "up" => await UpCommand.RunAsync(arguments, ended.Token),
        "demo" => await DemoCommand.RunAsync(arguments, ended.Token),
        "sweep" => await SweepCommand.RunAsync(arguments, ended.Token),
        "bench" => await BenchCommand.RunAsync(arguments, ended.Token),
        "idle" => await IdleCommand.RunAsync(arguments, ended.Token),
        "damages" => await DamagesCommand.RunAsync(arguments, ended.Token),
        _ => Say(Help),
    };
}
catch (UsageException usage)
{
    await Console.Error.WriteLineAsync($"rehearsal: {usage.Message} (try --help)");
    return 64;
}
catch (Exception fault) when (fault is RehearsalException or EngineRefusedException or HttpRequestException or IOException)
{
    await Console.Error.WriteLineAsync($"rehearsal: {fault.Message}");
    return 1;
}
catch (OperationCanceledException)
{
    return 130;
}

void End(PosixSignalContext signal)
{
    signal.Cancel = true;
    ended.Cancel();
}

static int Say(string text)
{
    Console.WriteLine(text);
    return 0;
}
