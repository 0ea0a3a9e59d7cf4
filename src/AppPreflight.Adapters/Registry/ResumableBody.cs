using System.Net;

namespace AppPreflight.Registry;

/// <summary>
/// A blob's bytes. A connection that breaks is taken up where it broke, as long as that leads on; what was handed out is never asked for
/// again. After a few tries in a row that bring next to nothing the body counts as cut.
/// </summary>
internal sealed class ResumableBody(OpenBlob open, RegistryLimits limits, TimeProvider time) : IDisposable
{
    private Answer? answer;
    private Stream? stream;
    private long resumedAt;
    private int fruitless;

    /// <summary>Bytes handed out so far.</summary>
    public long SizeBytes { get; private set; }

    public bool WasResumed { get; private set; }

    /// <summary>What broke it; null while it is whole.</summary>
    public Exception? Cut { get; private set; }

    public string Who { get; private set; } = "the registry";

    /// <inheritdoc cref="Blame.Clue"/>
    public string Clue { get; private set; } = "";

    /// <returns>0 at the end, and when the body is cut.</returns>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (stream is null) await OpenAsync(cancellationToken);
        while (Cut is null)
        {
            try
            {
                var count = await stream!.ReadAsync(buffer, cancellationToken);
                SizeBytes += count;
                return count;
            }
            catch (Exception e) when (e is IOException or HttpRequestException)
            {
                if (!await ResumeAsync(cancellationToken)) Cut = e;
            }
        }

        return 0;
    }

    public void Dispose()
    {
        stream?.Dispose();
        answer?.Dispose();
    }

    private async Task OpenAsync(CancellationToken cancellationToken)
    {
        answer = await open(SizeBytes, cancellationToken);
        (Who, Clue) = (answer.Who, Blame.Clue(answer));
        stream = new PacedStream(await answer.Body.ReadAsStreamAsync(cancellationToken), limits, time);
    }

    private async Task<bool> ResumeAsync(CancellationToken cancellationToken)
    {
        Dispose();
        fruitless = WasResumed && SizeBytes - resumedAt < limits.ResumeBytes ? fruitless + 1 : 1;
        if (fruitless > limits.Resumes) return false;
        (WasResumed, resumedAt) = (true, SizeBytes);
        // the first one at once
        if (fruitless > 1) await Task.Delay(limits.Pause * (fruitless - 1), time, cancellationToken);
        try
        {
            await OpenAsync(cancellationToken);
        }
        catch (Ports.SourceException)
        {
            // a registry that can't send a part may still send the whole: that is the next pass's to find out
            return false;
        }

        // 200 to a Range is the whole from its first byte: of no use here
        return SizeBytes == 0 ? answer!.Status == HttpStatusCode.OK
            : answer!.Status == HttpStatusCode.PartialContent && answer.Body.Headers.ContentRange?.From == SizeBytes;
    }
}
