using System.Runtime.CompilerServices;
using AppPreflight.Control;
using AppPreflight.Images;
using AppPreflight.Ports;
using Microsoft.Extensions.Logging;

namespace AppPreflight.Agent;

/// <summary>Whether the engine answers, and since when; read off its events as they pass by.</summary>
internal sealed class EnginePulse(AgentParts parts, ILogger log)
{
    public EngineContact Contact { get; private set; } = new(null, "not asked yet", parts.Time.GetUtcNow());

    /// <summary>The events of images and containers, and each "connected".</summary>
    public async IAsyncEnumerable<EngineEvent> FollowAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var happened in parts.EngineEvents(cancellationToken))
        {
            if (happened is { Type: "engine", Action: "disconnected" })
            {
                Set(false, happened.Name);
                continue;
            }

            if (happened is { Type: "engine" }) await ConnectedAsync(cancellationToken);
            yield return happened;
        }
    }

    private async Task ConnectedAsync(CancellationToken cancellationToken)
    {
        try
        {
            Set(true, $"Docker Engine {await parts.AskEngineAsync(cancellationToken)}");
        }
        catch (SourceException e)
        {
            // it opened the stream and says nothing else: the runs will tell what is wrong with it
            Set(true, e.Message);
        }
    }

    private void Set(bool answers, string says)
    {
        if (Contact.Answers == answers && Contact.Says == says) return;
        Contact = new(answers, says, Contact.Answers == answers ? Contact.Since : parts.Time.GetUtcNow());
        if (answers) log.EngineAnswers(says);
        else log.EngineAway(says);
    }
}
