using System.Text.Json.Serialization;

namespace AppPreflight.Docker;

/// <summary>One line of a pull's answer. An error arrives as such a line inside the 200 answer.</summary>
/// <remarks>Source: moby pkg/jsonmessage, JSONMessage.</remarks>
internal sealed record PullLine(
    [property: JsonPropertyName("id")] string? Id,
    [property: JsonPropertyName("status")] string? Status,
    [property: JsonPropertyName("progressDetail")] PullDetail? Detail,
    [property: JsonPropertyName("error")] string? ErrorText,
    [property: JsonPropertyName("errorDetail")] PullErrorDetail? ErrorDetail)
{
    /// <summary>The engine's sentence; null when the line is not about an error.</summary>
    public string? Failure => (ErrorDetail, ErrorText) switch
    {
        (null, null) => null,
        ({ Message: { Length: > 0 } message }, _) => message,
        (_, { Length: > 0 } text) => text,
        _ => "an error without a word",
    };

    /// <summary>The last line of every pull that worked (moby distribution/pull.go, writeStatus).</summary>
    public bool IsFinal => Status?.StartsWith("Status: ", StringComparison.Ordinal) == true;
}

internal sealed record PullDetail(
    [property: JsonPropertyName("current")] long Current, [property: JsonPropertyName("total")] long Total);

internal sealed record PullErrorDetail([property: JsonPropertyName("message")] string? Message);
