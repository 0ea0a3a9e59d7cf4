using AppPreflight.Apps;

namespace AppPreflight.AppCenter;

internal static class InterimRegistry
{
    public static UcrValues Read(Fence root)
    {
        var text = System.Text.Encoding.UTF8.GetString(root.Read("etc/univention/base.conf", 1 << 24) ?? []);
        return text.Split('\n').Where(line => line.Contains(": ", StringComparison.Ordinal) && !line.StartsWith('#'))
            .Select(line => line.Split(": ", 2)).Aggregate(UcrValues.Empty, (ucr, pair) => ucr.With(pair[0], pair[1].Trim()));
    }
}
