using System.Net;
using System.Security.Authentication;
using Polly;
using Polly.Retry;

namespace AppPreflight.Registry;

/// <summary>What is worth asking again: 429, 5xx and faults of the connection. Never a no (401, 403, 404), never a wrong digest.</summary>
internal static class Retry
{
    public static ResiliencePipeline<HttpResponseMessage> Pipeline(RegistryLimits limits, TimeProvider time) =>
        limits.Tries <= 1 ? ResiliencePipeline<HttpResponseMessage>.Empty
        : new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions<HttpResponseMessage>
            {
                MaxRetryAttempts = limits.Tries - 1,
                Delay = limits.Pause,
                MaxDelay = limits.LongestPause,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                ShouldHandle = arguments => ValueTask.FromResult(IsWorthIt(arguments.Outcome, limits, time)),
                DelayGenerator = arguments => ValueTask.FromResult(Asked(arguments.Outcome.Result, time)),
                OnRetry = static arguments =>
                {
                    arguments.Outcome.Result?.Dispose();
                    return ValueTask.CompletedTask;
                },
            })
            .Build();

    private static bool IsWorthIt(Outcome<HttpResponseMessage> outcome, RegistryLimits limits, TimeProvider time) => outcome switch
    {
        { Exception: HttpRequestException e } => Blame.Inner<AuthenticationException>(e) is null,
        { Result: { } answer } => IsPassing(answer.StatusCode) && !(Asked(answer, time) > limits.LongestPause),
        _ => false,
    };

    private static bool IsPassing(HttpStatusCode status) =>
        (int)status is 429 or 500 or 502 or 503 or 504;

    /// <summary>The pause that Retry-After asks for; null when it does not.</summary>
    private static TimeSpan? Asked(HttpResponseMessage? response, TimeProvider time)
    {
        var wait = response?.Headers.RetryAfter;
        var pause = wait?.Delta ?? wait?.Date - time.GetUtcNow();
        return pause < TimeSpan.Zero ? TimeSpan.Zero : pause;
    }
}
