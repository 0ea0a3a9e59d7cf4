using AppPreflight.Ports;
using AppPreflight.Runs;
using Microsoft.Extensions.Logging;

namespace AppPreflight.Agent;

/// <summary>The configuration in use: the last good one. Until there was a good one the agent looks and changes nothing.</summary>
internal sealed class ConfigDesk(Func<AgentConfig> read, ILogger log)
{
    private readonly Lock gate = new();
    private bool hadGood;

    public AgentConfig Current { get; private set; } = new() { Auto = AutoMode.Check };

    /// <summary>Why the file is not in use; null when it is.</summary>
    public string? Fault { get; private set; }

    public void Read()
    {
        lock (gate)
        {
            try
            {
                (Current, Fault) = (read(), null);
                if (hadGood) log.ConfigRead();
                hadGood = true;
            }
            catch (SourceException e)
            {
                Fault = e.Message;
                log.ConfigBroken(e.Message, hadGood ? "the last good one stays in use" : "until it is mended, apps are looked at and nothing is repaired");
            }
        }
    }
}
