using System.Globalization;

namespace AppPreflight.Rehearsal;

/// <summary>Wrong usage: the sentence is for the person who typed it.</summary>
internal sealed class UsageException(string message) : Exception(message);

/// <summary>The command line of the rehearsal.</summary>
internal sealed record Arguments(string Command)
{
    public IReadOnlyList<Damage> Damages { get; init; } = [];

    /// <summary>Port of the registry; 0 takes a free one.</summary>
    public int Port { get; init; }

    /// <summary>Incompressible MiB in each of the larger layers.</summary>
    public int LayerMebibytes { get; init; } = 1;

    /// <summary>How long the agent is watched while it has nothing to do.</summary>
    public int Minutes { get; init; } = 10;

    /// <summary>How often a bench repeats what it measures.</summary>
    public int Rounds { get; init; } = 5;

    /// <summary>Unpacked size of a bench's image, in millions of bytes.</summary>
    public int Megabytes { get; init; } = 1000;

    /// <summary>Size of the file of zeros in a bench's second image, in millions of bytes; 0: no such image.</summary>
    public int BigMegabytes { get; init; }

    /// <summary>The file a bench writes its tables to.</summary>
    public string? Paper { get; init; }

    /// <summary>The executable whose story is told.</summary>
    public string? Program { get; init; }

    /// <summary>A sweep that kills once only, and takes nothing away.</summary>
    public bool OnlyKills { get; init; }

    /// <summary>A bench of comparisons alone.</summary>
    public bool OnlyCompare { get; init; }

    /// <exception cref="UsageException">Anything that is not described in the help text.</exception>
    public static Arguments Parse(IReadOnlyList<string> words)
    {
        if (words.Count == 0 || words.Contains("--help") || words.Contains("-h")) return new("help");
        if (words[0] is not ("up" or "damages" or "demo" or "sweep" or "bench" or "idle")) throw new UsageException($"no command '{words[0]}'");
        var arguments = new Arguments(words[0]);
        for (var place = 1; place < words.Count; place += 2)
            arguments = arguments.With(words[place], place + 1 < words.Count ? words[place + 1] : null);
        return arguments;
    }

    private Arguments With(string option, string? value) => (option, value) switch
    {
        ("--damage" or "--port" or "--mib" or "--minutes" or "--rounds" or "--size" or "--big" or "--paper" or "--program", null) => throw new UsageException($"{option} needs a value"),
        ("--damage", _) => this with { Damages = [.. Damages, Named(value)] },
        ("--port", _) => this with { Port = Number(option, value, 65535) },
        ("--mib", _) => this with { LayerMebibytes = Number(option, value, 1024) },
        ("--minutes", _) => this with { Minutes = Number(option, value, 1000) },
        ("--rounds", _) => this with { Rounds = Number(option, value, 100) },
        ("--size", _) => this with { Megabytes = Number(option, value, 20_000) },
        ("--big", _) => this with { BigMegabytes = Number(option, value, 100_000) },
        ("--paper", _) => this with { Paper = Path.GetFullPath(value) },
        ("--only", "kills") => this with { OnlyKills = true },
        ("--only", "compare") => this with { OnlyCompare = true },
        ("--program", _) => this with { Program = Path.GetFullPath(value) },
        _ => throw new UsageException($"no option '{option}'"),
    };

    private static Damage Named(string name) =>
        Rehearsal.Damages.TryFind(name) ?? throw new UsageException($"no damage '{name}' (see: damages)");

    private static int Number(string option, string value, int highest) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= highest
            ? number
            : throw new UsageException($"{option} takes a number from 1 to {highest}, not '{value}'");
}
