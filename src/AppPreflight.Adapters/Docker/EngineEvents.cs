using System.Runtime.CompilerServices;
using AppPreflight.Images;
using AppPreflight.Ports;

namespace AppPreflight.Docker;

/// <summary>Follows what goes on in the engine, across its restarts.</summary>
internal sealed class EngineEvents(DockerHttp http, TimeProvider time)
{
    private static readonly string filter = Uri.EscapeDataString("""{"type":["image","container"]}""");
    private static readonly TimeSpan firstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan longestPause = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Events of images and containers, in the engine's order, until cancelled. Each (re)connection is told as an event of type
    /// "engine", action "connected": what happened before it may have been missed, so look again. That it is lost, or not to be had,
    /// is told once, as action "disconnected" with the reason as the name.
    /// </summary>
    public async IAsyncEnumerable<EngineEvent> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var pause = firstPause;
        var wasTold = false;
        while (true)
        {
            var (answer, reason) = await TryOpenAsync(cancellationToken);
            if (answer is not null)
            {
                wasTold = false;
                var opened = time.GetTimestamp();
                using (answer)
                {
                    yield return new("engine", "connected", "", "", time.GetUtcNow());
                    await foreach (var happened in ReadAsync(answer, cancellationToken)) yield return happened;
                }

                // one that hangs up again at once is no engine that came back
                if (time.GetElapsedTime(opened) >= longestPause) pause = firstPause;
            }

            if (!wasTold) yield return new("engine", "disconnected", "", reason, time.GetUtcNow());
            wasTold = true;

            await Task.Delay(pause, time, cancellationToken);
            pause = pause * 2 < longestPause ? pause * 2 : longestPause;
        }
    }

    public static EngineEvent? Translate(EventLine line)
    {
        if (line is not { Type: { } type, Action: { } action, Actor: { Id: { } subject } actor }) return null;
        var name = actor.Attributes?.GetValueOrDefault("name") ?? "";
        return new(type, action, subject, name, DateTimeOffset.UnixEpoch.AddTicks(line.TimeNano / TimeSpan.NanosecondsPerTick));
    }

    /// <returns>The stream, and else why there is none; with a stream, why it ends when it does.</returns>
    private async Task<(HttpResponseMessage? Answer, string Reason)> TryOpenAsync(CancellationToken cancellationToken)
    {
        try
        {
            var answer = await http.OpenAsync($"/events?filters={filter}", cancellationToken);
            if (answer.IsSuccessStatusCode) return (answer, "the engine ended the connection");
            using (answer) return (null, $"the engine does not tell what happens: status {(int)answer.StatusCode}");
        }
        catch (SourceException e)
        {
            return (null, e.Message);
        }
    }

    private async IAsyncEnumerable<EngineEvent> ReadAsync(HttpResponseMessage answer, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var body = await answer.Content.ReadAsStreamAsync(cancellationToken);
        await using var lines = JsonLines.ReadAsync(body, DockerJson.Default.EventLine, cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (await NextAsync(lines, cancellationToken) is { } line)
        {
            if (Translate(line) is { } happened) yield return happened;
        }
    }

    // a stream that breaks, or says what can't be read, has ended: the watch connects again
    private async Task<EventLine?> NextAsync(IAsyncEnumerator<EventLine> lines, CancellationToken cancellationToken)
    {
        try
        {
            return await http.GuardAsync("tell what happens", async _ => await lines.MoveNextAsync() ? lines.Current : null, cancellationToken);
        }
        catch (SourceException)
        {
            return null;
        }
    }
}
