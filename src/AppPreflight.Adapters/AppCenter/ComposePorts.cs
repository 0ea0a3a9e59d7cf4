using System.Numerics;
using AppPreflight.Apps;

namespace AppPreflight.AppCenter;

/// <summary>Ports that the registry assigns to an app.</summary>
/// <remarks>Source: appcenter/utils.py, app_ports: keys <c>appcenter/apps/APP/ports/CONTAINERPORT</c> with the host's port.</remarks>
internal static class ComposePorts
{
    public static IEnumerable<(BigInteger Container, BigInteger Host)> Of(string appId, UcrValues ucr)
    {
        var prefix = $"appcenter/apps/{appId}/ports/";
        foreach (var (key, value) in ucr.Values.Where(v => v.Key.StartsWith(prefix, StringComparison.Ordinal)).OrderBy(v => v.Key, StringComparer.Ordinal))
        {
            if (PythonInteger.Parse(key[prefix.Length..], out _) is { } container && PythonInteger.Parse(value, out _) is { } host)
            {
                yield return (container, host);
            }
        }
    }
}
