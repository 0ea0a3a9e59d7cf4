using System.Numerics;
using AppPreflight.Apps;

namespace AppPreflight.AppCenter;

/// <summary>A port of an app's container, and the host's port that leads to it.</summary>
internal sealed record AppPort(BigInteger Container, BigInteger Host);

/// <summary>Ports that the registry assigns to an app.</summary>
/// <remarks>Source: appcenter/utils.py, app_ports: keys <c>appcenter/apps/APP/ports/CONTAINERPORT</c> with the host's port.</remarks>
internal static class ComposePorts
{
    public static IEnumerable<AppPort> Of(string appId, UcrValues ucr)
    {
        var prefix = $"appcenter/apps/{appId}/ports/";
        foreach (string key in ucr.Values.Keys.Where(key => key.StartsWith(prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            if (PythonInteger.Parse(key[prefix.Length..], out _) is { } container && PythonInteger.Parse(ucr[key]!, out _) is { } host)
            {
                yield return new(container, host);
            }
        }
    }
}
