using System.Net;

namespace AppPreflight.Registry;

/// <summary>What may be sent to the token realm a registry names.</summary>
internal enum RealmTrust
{
    /// <summary>Not even asked.</summary>
    Refused,

    /// <summary>Asked for an anonymous token only.</summary>
    Anonymous,

    /// <summary>May be shown user and password.</summary>
    Credentials,
}

/// <summary>Decides who gets to see a password.</summary>
/// <remarks>
/// The threat: the realm is an address that the registry chose. A registry taken over, or a proxy that answers in its
/// place, names its own address and collects the password, or has this program (root, inside the network) ask addresses
/// that the outside cannot reach. The rules, the first that fits decides:
/// <list type="number">
/// <item>not an absolute http or https address, or one with a user or a fragment in it: refused;</item>
/// <item>http although the registry itself was reached over https: refused;</item>
/// <item>same host and same port as the registry: credentials;</item>
/// <item>an address literal that is private, link-local or loopback, named by a registry that is none itself: refused;</item>
/// <item>http (the registry is itself an insecure one) to another host: anonymous;</item>
/// <item>Docker Hub's own realm, auth.docker.io, for Docker Hub: credentials;</item>
/// <item>the registry's own host on the standard https port: credentials (harbor and gitea behind one name);</item>
/// <item>a parent domain of two labels or more of the registry (registry.gitlab.com names gitlab.com), standard port:
/// credentials, because whoever holds the parent can move the child anyway;</item>
/// <item>any other https address: anonymous.</item>
/// </list>
/// A sibling (auth.example.org for registry.example.org) gets no credentials: without a list of public suffixes it can't
/// be told from auth.co.uk for registry.co.uk. oras-dotnet's page on realm validation allows rule 3 only and leaves the
/// rest to a list of trusted hosts.
/// </remarks>
internal static class RealmPolicy
{
    private const string HubRegistry = "registry-1.docker.io";
    private const string HubRealm = "auth.docker.io";

    /// <param name="registry">The address the registry was asked at.</param>
    /// <param name="realm">What its challenge named.</param>
    public static RealmTrust Judge(Uri registry, string? realm)
    {
        if (!Uri.TryCreate(realm, UriKind.Absolute, out var address) || !IsPlainAddress(address)) return RealmTrust.Refused;
        if (address.Scheme == Uri.UriSchemeHttp && registry.Scheme != Uri.UriSchemeHttp) return RealmTrust.Refused;
        var (from, to) = (Name(registry), Name(address));
        if (from == to && registry.Port == address.Port) return RealmTrust.Credentials;
        if (IsInner(to) && !IsInner(from)) return RealmTrust.Refused;
        if (address.Scheme != Uri.UriSchemeHttps || !address.IsDefaultPort) return RealmTrust.Anonymous;
        return (from == HubRegistry && to == HubRealm) || from == to || IsParent(to, from)
            ? RealmTrust.Credentials
            : RealmTrust.Anonymous;
    }

    private static bool IsPlainAddress(Uri address) =>
        (address.Scheme == Uri.UriSchemeHttps || address.Scheme == Uri.UriSchemeHttp)
        && address.UserInfo.Length == 0 && address.Fragment.Length == 0 && Exchange.HasHost(address);

    // IdnHost and no trailing dot: "Example.org." and its Unicode spelling are one host to a resolver, so they are one here
    private static string Name(Uri address) => address.IdnHost.TrimEnd('.').ToLowerInvariant();

    private static bool IsParent(string parent, string child) =>
        parent.Contains('.', StringComparison.Ordinal) && !IPAddress.TryParse(child, out _)
        && child.EndsWith("." + parent, StringComparison.Ordinal);

    private static bool IsInner(string host)
    {
        if (host == "localhost") return true;
        if (!IPAddress.TryParse(host, out var ip)) return false;
        if (ip.IsIPv4MappedToIPv6) ip = ip.MapToIPv4();
        if (IPAddress.IsLoopback(ip) || ip.IsIPv6LinkLocal || ip.IsIPv6UniqueLocal || ip.Equals(IPAddress.IPv6Any)) return true;
        return ip.GetAddressBytes() is [10 or 0, ..] or [192, 168, ..] or [169, 254, ..] or [172, >= 16 and <= 31, _, _];
    }
}
