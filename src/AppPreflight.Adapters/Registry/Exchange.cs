namespace AppPreflight.Registry;

/// <summary>Sends one request and waits for the headers, no longer than allowed.</summary>
internal static class Exchange
{
    /// <exception cref="HttpRequestException">No answer; a time-out too, so that all connection faults are of one type.</exception>
    public static async Task<HttpResponseMessage> SendAsync(
        HttpMessageInvoker invoker, HttpRequestMessage request, TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        using var clock = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(clock.Token, cancellationToken);
        try
        {
            return await invoker.SendAsync(request, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw clock.IsCancellationRequested
                ? new HttpRequestException(HttpRequestError.ResponseEnded, $"no answer within {limit.TotalSeconds:0.#} s")
                : new HttpRequestException(HttpRequestError.ConnectionError, "no connection in time");
        }
    }

    /// <summary>Whether it was the answer that did not come in time; the framework's own faults have a cause inside.</summary>
    public static bool IsTimeout(HttpRequestException e) => e is { HttpRequestError: HttpRequestError.ResponseEnded, InnerException: null };

    /// <summary>Where a redirect leads, or null when the answer is none.</summary>
    public static Uri? RedirectOf(HttpResponseMessage response, Uri from)
    {
        if ((int)response.StatusCode is not (301 or 302 or 303 or 307 or 308)) return null;
        if (!response.Headers.NonValidated.TryGetValues("Location", out var values)) return null;
        // what is no web address is refused by who follows, by name
        return Uri.TryCreate(from, values.ToString(), out var to) && (to.Scheme is not ("http" or "https") || HasHost(to)) ? to : null;
    }

    /// <summary>Whether its host is one: what the parser takes and IDN does not is refused only when it is asked for.</summary>
    public static bool HasHost(Uri address)
    {
        try
        {
            return address.IdnHost.Length > 0;
        }
        catch (UriFormatException)
        {
            return false;
        }
    }

    public static bool IsSameOrigin(Uri one, Uri other) =>
        one.Scheme == other.Scheme && one.Port == other.Port
        && one.IdnHost.Equals(other.IdnHost, StringComparison.OrdinalIgnoreCase);
}
