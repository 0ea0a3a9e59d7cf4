using System.Text.Json;
using AppPreflight.Images;
using AppPreflight.Ports;

namespace AppPreflight.Docker;

/// <summary>Reads a pull's answer to its end. No line for a long time is no fault: unpacking a layer is silent. How long is too long, its caller says.</summary>
internal static class PullReader
{
    /// <param name="heard">Called for each line.</param>
    /// <returns>When the engine's closing "Status: ..." line has come and nothing after it spoke of an error.</returns>
    /// <exception cref="SourceException">Refused with the engine's sentence, or because the answer ended without a word on success.</exception>
    /// <exception cref="JsonException">A line is not JSON.</exception>
    public static async Task ReadAsync(Stream body, string image, IProgress<PullProgress>? progress, Action heard, CancellationToken cancellationToken)
    {
        var tally = new PullTally();
        var isFinished = false;
        await foreach (var line in JsonLines.ReadAsync(body, DockerJson.Default.PullLine, cancellationToken))
        {
            heard();
            if (line.Failure is { } failure) throw Refused(image, failure);
            isFinished |= line.IsFinal;
            if (tally.Take(line)) progress?.Report(tally.Progress);
        }

        if (!isFinished) throw Refused(image, "the engine ended its answer without saying that the pull worked");
    }

    /// <summary>The engine's sentence as it is, and what it proves.</summary>
    public static SourceException Refused(string image, string sentence)
    {
        sentence = DockerErrors.Clean(sentence);
        var failure = PullFailure.Classify(sentence);
        return new(new(Source.Engine, Fault.Refused, $"the engine could not pull {image}: {sentence}") { Subject = failure.Subject ?? image });
    }
}
