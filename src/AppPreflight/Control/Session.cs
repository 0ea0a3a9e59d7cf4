using System.Net.Sockets;
using AppPreflight.Ports;
using AppPreflight.Runs;

namespace AppPreflight.Control;

/// <summary>One connection to the agent: a hello, then a request and its answer, one after the other.</summary>
internal sealed class Session(LineSocket line, Access access, IControlDesk desk, StatusShelf shelf, ControlLimits limits, Action<string> told, TimeProvider time)
{
    /// <summary>Ends with the client, or when <paramref name="stop"/> is cancelled.</summary>
    public async Task ServeAsync(ReadOnlyMemory<byte> hello, CancellationToken stop)
    {
        try
        {
            await SayAsync(hello, stop);
            var wait = limits.FirstRequest;
            while (await line.ReadAsync(wait, limits.HalfLine, stop) is { } text)
            {
                await AnswerAsync(ControlRequest.Read(text), stop);
                wait = limits.Idle;
            }
        }
        catch (FormatException e)
        {
            Refuse(RefusalCode.BadRequest, e.Message);
        }
        catch (TimeoutException e)
        {
            Refuse(RefusalCode.TooSlow, e.Message);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            Refuse(RefusalCode.Stopping, "the agent is stopping");
        }
        catch (SocketException)
        {
            // the client went away
        }
    }

    private Task AnswerAsync(ControlRequest request, CancellationToken stop) => request switch
    {
        StatusAsked => SayAsync(shelf.Of(access), stop),
        UnknownAsked unknown => SayAsync(ControlJson.Refused(RefusalCode.UnknownRequest, $"this agent knows no request '{unknown.Type}'"), stop),
        _ when access != Access.Run => SayAsync(ControlJson.Refused(RefusalCode.Denied, "only root may ask the agent for a run, or stop one"), stop),
        CancelAsked { Run: { } run } => CancelAsync(run, stop),
        CancelAsked => throw new FormatException("no run was asked for on this connection: \"run\" has to say which one to stop"),
        RunAsked asked => RunAsync(asked.Request, stop),
        _ => throw new InvalidOperationException($"{request.GetType().Name} has no answer"),
    };

    private Task CancelAsync(string run, CancellationToken stop) => SayAsync(ControlJson.Cancelled(run, desk.Cancel(run)), stop);

    // Three things at once: the run, its events on their way to the client, and what the client says meanwhile
    private async Task RunAsync(RunRequest request, CancellationToken stop)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var queue = new EventQueue(limits.QueuedEvents);
        var run = Guarded(() => desk.RunAsync(request, queue, waiting.Token));
        var listening = ListenAsync(waiting, over.Token);
        try
        {
            await TellAsync(queue, run, stop);
        }
        finally
        {
            // a client that can't be told waits for nothing any more
            if (!run.IsCompleted) await waiting.CancelAsync();
            await ((Task)run).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await over.CancelAsync();
            await listening.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (listening.IsFaulted) await listening;
        stop.ThrowIfCancellationRequested();
        await SayAsync(await OutcomeAsync(run), stop);
    }

    // what the desk throws before its first await is the run's end like any other
    private static async Task<PreflightReport> Guarded(Func<Task<PreflightReport>> run) => await run();

    // only what comes in that time is taken at once: a run that hashes tells some thousand times a second
    private async Task TellAsync(EventQueue queue, Task run, CancellationToken stop)
    {
        while (!run.IsCompleted || queue.Count > 0)
        {
            await Task.WhenAny(queue.Arrived, run);
            stop.ThrowIfCancellationRequested();
            var events = queue.Take();
            if (events.Count > 0) await SayAsync(ControlJson.Events(events), stop);
            if (!run.IsCompleted) await Task.WhenAny(run, Task.Delay(limits.EventPace, time, stop));
        }
    }

    /// <summary>Hears what the client says during its run, until <paramref name="over"/>. A client that goes away or talks nonsense waits no longer.</summary>
    private async Task ListenAsync(CancellationTokenSource waiting, CancellationToken over)
    {
        try
        {
            while (await line.ReadAsync(Timeout.InfiniteTimeSpan, limits.HalfLine, over) is { } text)
            {
                if (ControlRequest.Read(text) is not CancelAsked cancel) throw new FormatException("while a run goes on, only cancel may be asked");
                if (cancel.Run is { } run) await CancelAsync(run, over);
                else await waiting.CancelAsync();
            }
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            return;
        }
        catch
        {
            await waiting.CancelAsync();
            throw;
        }

        await waiting.CancelAsync();
        throw new SocketException((int)SocketError.ConnectionReset);
    }

    private async Task<ReadOnlyMemory<byte>> OutcomeAsync(Task<PreflightReport> run)
    {
        try
        {
            var reply = ControlJson.Report(await run);
            return reply.Length <= ReportJson.MaxBytes ? reply : ControlJson.Refused(RefusalCode.Failed, $"the report has {reply.Length} bytes, more than the {ReportJson.MaxBytes} allowed");
        }
        catch (LockHeldException e)
        {
            return ControlJson.Refused(RefusalCode.LockHeld, e.Message, e.Holder);
        }
        catch (OperationCanceledException)
        {
            return ControlJson.Refused(RefusalCode.Cancelled, "the run was stopped");
        }
        catch (SourceException e)
        {
            return ControlJson.Refused(RefusalCode.Failed, e.Message);
        }
        catch (Exception e)
        {
            told($"a run asked for over the control socket ended by a bug: {e}");
            return ControlJson.Refused(RefusalCode.Failed, $"the agent has a bug ({e.GetType().Name}); its log has more: journalctl -u app-preflight");
        }
    }

    private Task SayAsync(ReadOnlyMemory<byte> text, CancellationToken stop) => line.WriteAsync(text, limits.Write, stop);

    private void Refuse(RefusalCode code, string why) => line.TryWrite(ControlJson.Refused(code, why).Span);
}
