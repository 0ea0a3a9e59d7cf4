using Microsoft.Extensions.Logging;

namespace AppPreflight.Agent;

/// <summary>Where log lines go: to journald with fields when systemd started this; else to standard error.</summary>
internal sealed class LogOutlet : ILoggerProvider
{
    public const string JournalSocket = "/run/systemd/journal/socket";

    private readonly DatagramSocket? journal;
    private readonly TextWriter error;
    private readonly bool hasPrefix;
    private readonly LogLevel lowest;

    /// <param name="journalSocket">Where journald listens; nobody there, lines go to <paramref name="error"/>.</param>
    public LogOutlet(Func<string, string?> environment, string journalSocket, TextWriter error, bool isVerbose)
    {
        this.error = error;
        hasPrefix = environment("JOURNAL_STREAM") is { Length: > 0 };
        lowest = isVerbose ? LogLevel.Debug : LogLevel.Information;
        if ((hasPrefix || environment("NOTIFY_SOCKET") is { Length: > 0 }) && File.Exists(journalSocket)) journal = new(journalSocket, TimeSpan.Zero);
    }

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void Dispose() => journal?.Dispose();

    private void Write(LogLine line)
    {
        if (journal?.TrySend(line.ToJournal()) == true) return;
        try
        {
            error.Write(line.ToLine(hasPrefix));
        }
        catch (IOException)
        {
            // nobody listens any more; there is no other place to say so
        }
    }

    private sealed class Logger(LogOutlet outlet, string category) : ILogger
    {
        private readonly LogLevel lowest = category.StartsWith("Microsoft.", StringComparison.Ordinal) ? LogLevel.Warning : outlet.lowest;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= lowest && logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel)) return;
            // of an exception its type and its sentence, never its data
            var message = formatter(state, exception) + (exception is null ? "" : $" ({exception.GetType().Name}: {exception.Message})");
            var fields = state as IReadOnlyList<KeyValuePair<string, object?>> ?? [];
            outlet.Write(new(logLevel, message) { App = Field(fields, "App"), Run = Field(fields, "Run"), Finding = Field(fields, "Finding") });
        }

        private static string? Field(IReadOnlyList<KeyValuePair<string, object?>> fields, string name)
        {
            foreach (var field in fields)
                if (string.Equals(field.Key, name, StringComparison.OrdinalIgnoreCase)) return field.Value as string;
            return null;
        }
    }
}
