using System.Collections.Immutable;
using System.Text;
using System.Text.Unicode;
using AppPreflight.Apps;
using AppPreflight.Images;
using AppPreflight.Ports;

namespace AppPreflight.AppCenter;

/// <summary>Where a value of the registry comes from; a higher layer hides a lower one.</summary>
internal enum UcrLayer
{
    Default,
    Normal,
    Ldap,
    Schedule,
    Forced,
}

/// <summary>A key's value, and the layer it comes from.</summary>
internal sealed record UcrEntry(string Value, UcrLayer Layer);

/// <summary>The registry of this host, and where each key comes from.</summary>
internal sealed record UcrReading(UcrValues Values, IReadOnlyDictionary<string, UcrEntry> Entries);

/// <summary>Reads the Univention Config Registry from its files; never writes, not even to repair one from its backup.</summary>
/// <remarks>Source: config_registry/backend.py, ReadOnlyConfigRegistry and _ConfigRegistry.load.</remarks>
internal static class UcrFiles
{
    private const int MaxBytes = 16 * 1024 * 1024;

    private static readonly (UcrLayer Layer, string File)[] Layers =
    [
        (UcrLayer.Forced, "base-forced.conf"),
        (UcrLayer.Schedule, "base-schedule.conf"),
        (UcrLayer.Ldap, "base-ldap.conf"),
        (UcrLayer.Normal, "base.conf"),
        (UcrLayer.Default, "base-defaults.conf"),
    ];

    /// <summary>All files that a reading may look into.</summary>
    public static IEnumerable<string> Names => Layers.SelectMany(layer => Candidates(layer.File));

    /// <param name="folder">Usually DIR/etc/univention; missing files are empty layers, and so is a missing folder (null).</param>
    /// <exception cref="SourceException">
    /// Malformed: bytes that are not UTF-8 (subject FILE:LINE), or a default value that never ends (subject is the key).
    /// </exception>
    public static UcrReading Read(Fence? folder)
    {
        var entries = new Dictionary<string, UcrEntry>(StringComparer.Ordinal);
        foreach (var (layer, file) in Layers)
        {
            foreach (var (key, value) in ReadLayer(folder, file))
            {
                entries.TryAdd(key, new(value, layer));
            }
        }

        UcrDefaults.Evaluate(entries);
        return new(ValuesOf(entries), entries);
    }

    private static UcrValues ValuesOf(Dictionary<string, UcrEntry> entries)
    {
        var values = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var (key, entry) in entries)
        {
            values.Add(key, entry.Value);
        }

        return new(values.ToImmutable());
    }

    /// <summary>The file itself, or its backup if it is missing or has fewer than two lines.</summary>
    private static Dictionary<string, string> ReadLayer(Fence? folder, string file)
    {
        foreach (string candidate in Candidates(file))
        {
            if (folder?.Read(candidate, MaxBytes) is { } content && Lines(folder.PathOf(candidate), content) is { Length: >= 2 } lines)
            {
                return Pairs(lines);
            }
        }

        return [];
    }

    private static string[] Candidates(string file) => [file, file + ".bak"];

    /// <summary>Lines end at LF, CR and CRLF only; the end of the last one begins none.</summary>
    private static string[] Lines(string file, byte[] content)
    {
        if (!Utf8.IsValid(content))
        {
            int line = LineOfFault(content);
            throw new SourceException(Source.AppCenter, Fault.Malformed, $"{file}, line {line} is not UTF-8: the registry can't be read while it is so.")
            {
                Subject = $"{file}:{line}",
            };
        }

        string text = Encoding.UTF8.GetString(content)
            .Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        return text.EndsWith('\n') ? text[..^1].Split('\n') : text.Length == 0 ? [] : text.Split('\n');
    }

    private static int LineOfFault(byte[] content)
    {
        int sound = 0;
        while (Rune.DecodeFromUtf8(content.AsSpan(sound), out _, out int used) == System.Buffers.OperationStatus.Done)
        {
            sound += used;
        }

        return content.AsSpan(0, sound).Count((byte)'\n') + 1;
    }

    private static Dictionary<string, string> Pairs(string[] lines)
    {
        var pairs = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string line in lines)
        {
            int delimiter = line.IndexOf(": ", StringComparison.Ordinal);
            if (delimiter >= 0 && !IsComment(line))
            {
                pairs[line[..delimiter]] = PythonText.Strip(line[(delimiter + 2)..]);
            }
        }

        return pairs;
    }

    /// <summary>A hash before the first colon, blank behind it or not.</summary>
    private static bool IsComment(string line) => line.AsSpan(0, line.IndexOf(':')).Contains('#');
}
