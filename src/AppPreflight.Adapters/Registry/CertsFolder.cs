using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace AppPreflight.Registry;

/// <summary>What <c>etc/docker/certs.d/HOST[:PORT]</c> adds for one registry: further authorities (*.crt) and client certificates (*.cert with *.key).</summary>
/// <remarks>Source: moby registry/registry.go, ReadCertsDirectory: the system's authorities stay valid, these come on top.</remarks>
internal sealed class CertsFolder
{
    private const int MostFiles = 100;
    private const int MaxBytes = 1 << 20;

    private readonly X509Certificate2Collection authorities = [];
    private readonly X509Certificate2Collection clients = [];

    /// <returns>Null when there is no such folder, or nothing usable in it.</returns>
    public static CertsFolder? Read(string root, string authority)
    {
        var path = Path.Combine(root, "etc/docker/certs.d", authority);
        if (!Directory.Exists(path)) return null;
        var folder = new CertsFolder();
        foreach (var file in Directory.EnumerateFiles(path).Take(MostFiles).Order(StringComparer.Ordinal)) folder.Add(file);
        return folder.authorities.Count + folder.clients.Count > 0 ? folder : null;
    }

    public void Apply(SslClientAuthenticationOptions options)
    {
        if (clients.Count > 0) options.ClientCertificates = clients;
        if (authorities.Count > 0) options.RemoteCertificateValidationCallback = IsTrusted;
    }

    private void Add(string file)
    {
        try
        {
            if (new FileInfo(file).Length > MaxBytes) return;
            if (file.EndsWith(".crt", StringComparison.Ordinal)) authorities.ImportFromPemFile(file);
            if (file.EndsWith(".cert", StringComparison.Ordinal)) clients.Add(X509Certificate2.CreateFromPemFile(file, Path.ChangeExtension(file, ".key")));
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            // a file that can't be read vouches for nobody: the connection then fails and names the certificate
        }
    }

    // only the missing authority is forgiven: a wrong name or no certificate at all stays wrong
    private bool IsTrusted(object sender, X509Certificate? shown, X509Chain? presented, SslPolicyErrors errors)
    {
        if (errors == SslPolicyErrors.None) return true;
        if (errors != SslPolicyErrors.RemoteCertificateChainErrors || shown is not X509Certificate2 certificate) return false;
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        foreach (var element in presented?.ChainElements.AsEnumerable() ?? []) chain.ChainPolicy.ExtraStore.Add(element.Certificate);
        return chain.Build(certificate);
    }
}
