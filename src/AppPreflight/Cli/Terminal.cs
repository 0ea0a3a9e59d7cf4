using System.Text;

namespace AppPreflight.Cli;

/// <summary>Where output goes: results to standard output, progress and complaints to standard error.</summary>
internal sealed record Terminal(TextWriter Output, TextWriter Error)
{
    public TimeProvider Time { get; init; } = TimeProvider.System;

    public Func<string, string?> Environment { get; init; } = static _ => null;

    /// <summary>Standard output is a terminal that takes colours; live progress needs standard error to be one too.</summary>
    public bool IsInteractive { get; init; }

    public bool IsErrorInteractive { get; init; }

    /// <summary>Columns of a live line; asked each time, for windows change.</summary>
    public Func<int> Columns { get; init; } = static () => Page.Width;

    public int ProcessId { get; init; } = System.Environment.ProcessId;

    // the streams themselves, not Console.Out: that would read the terminal's description and settings first
    public static Terminal OfProcess() => new(Writer(Console.OpenStandardOutput()), Writer(Console.OpenStandardError()))
    {
        Environment = System.Environment.GetEnvironmentVariable,
        IsInteractive = !Console.IsOutputRedirected && System.Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb"),
        IsErrorInteractive = !Console.IsErrorRedirected,
        Columns = static () => Console.WindowWidth,
    };

    public bool UsesColours(Settings settings) => IsInteractive && !settings.Plain && Environment("NO_COLOR") is null or "";

    public bool IsLive(Settings settings) => UsesColours(settings) && IsErrorInteractive;

    /// <summary>One sentence on standard error, in the manner of Unix programs.</summary>
    public void Complain(string sentence)
    {
        // whole on one line for logs; a terminal would break words at its edge
        var page = new Page(colours: false, IsErrorInteractive ? Page.Width : int.MaxValue);
        page.Line($"app-preflight: {sentence}");
        Error.Write(page.ToString());
    }

    /// <summary>The same where nothing is left to be done if even this fails: standard error itself may be gone.</summary>
    public void TryComplain(string sentence)
    {
        try
        {
            foreach (var line in sentence.Split('\n')) Complain(line);
        }
        catch (IOException)
        {
        }
    }

    private static TextWriter Writer(Stream stream) => TextWriter.Synchronized(
        new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true, NewLine = "\n" });
}
