namespace AppPreflight.Registry;

/// <summary>The token realm, not the registry, could not be reached. A fault of the connection like the others, and tried again like them.</summary>
internal sealed class RealmException(string authority, HttpRequestException cause)
    : HttpRequestException(cause.HttpRequestError, cause.Message, cause, cause.StatusCode)
{
    public string Authority => authority;

    public HttpRequestException Cause => cause;
}
