namespace AppPreflight.Cli;

/// <summary>The command line asks for what cannot be: one sentence, exit code 64.</summary>
internal sealed class UsageException(string message) : Exception(message);
