using System.Buffers.Text;
using System.Text.Json;
using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.Docker;

/// <summary>A credential for one pull, as the engine takes it in a header: nothing is stored by any login.</summary>
internal static class RegistryAuth
{
    private const string HubAddress = "https://index.docker.io/v1/";

    /// <summary>URL-safe base64 of JSON. With its padding: 20.10 decodes by Go's URLEncoding, which insists on it.</summary>
    public static string Header(ImageReference reference, Credential credential)
    {
        var request = new AuthRequest(credential.User, credential.Password, reference.IsDockerHub ? HubAddress : reference.Registry);
        var text = Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(request, DockerJson.Default.AuthRequest));
        return text.PadRight((text.Length + 3) / 4 * 4, '=');
    }
}
