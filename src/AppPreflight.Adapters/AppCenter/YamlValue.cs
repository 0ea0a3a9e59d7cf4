using System.Numerics;

namespace AppPreflight.AppCenter;

internal enum YamlKind
{
    Null,
    Bool,
    Integer,
    Float,
    Text,
    Bytes,
    Date,
    Tagged,
    List,
    Map,
}

/// <summary>A value as a reader's program sees it. Aliases share one object, and what is changed here changes there, as in Python.</summary>
internal sealed class YamlValue(YamlKind kind)
{
    // made when there is something to put in: a file is mostly scalars, and each of these would carry three collections
    private List<string>? order;
    private Dictionary<string, (YamlValue Key, YamlValue Value)>? own;

    public YamlKind Kind { get; } = kind;

    /// <summary>A text's characters; of a number the way it is written.</summary>
    public string Text { get; init; } = "";

    public BigInteger Integer { get; init; }

    public double Float { get; init; }

    public bool IsTrue { get; init; }

    /// <summary>Written without quotes, and so read anew by a reader of another dialect.</summary>
    public bool Plain { get; init; }

    /// <summary>What the App Center writes within brackets it quotes more often.</summary>
    public bool InFlow { get; init; }

    /// <summary>A tag that is not one of YAML's own, or null.</summary>
    public string? Tag { get; init; }

    /// <summary>The node this was read from, for its anchor; null for values made here.</summary>
    public YamlNode? Origin { get; init; }

    public List<YamlValue> Items => field ??= [];

    /// <summary>Maps named by <c>&lt;&lt;</c>, nearest first.</summary>
    public List<YamlValue> Merges => field ??= [];

    public static YamlValue Null { get; } = new(YamlKind.Null);

    public static YamlValue Of(string text) => new(YamlKind.Text) { Text = text };

    /// <summary>A text the App Center writes without quotes.</summary>
    public static YamlValue Unquoted(string text) => new(YamlKind.Text) { Text = text, Plain = true };

    public static YamlValue OfInteger(BigInteger number) =>
        new(YamlKind.Integer) { Integer = number, Text = number.ToString(System.Globalization.CultureInfo.InvariantCulture) };

    /// <summary>Made by a code block, wholly or in part: nobody here knows what it will be.</summary>
    public bool IsUnknown => ComposeTemplate.HasMark(Text);

    public bool IsMap => Kind == YamlKind.Map;

    public bool IsList => Kind == YamlKind.List;

    public bool IsText => Kind == YamlKind.Text;

    /// <summary>Python's truth: empty and zero are false.</summary>
    public bool Truthy => Kind switch
    {
        YamlKind.Null => false,
        YamlKind.Bool => IsTrue,
        YamlKind.Integer => !Integer.IsZero,
        YamlKind.Float => Float != 0,
        YamlKind.Text or YamlKind.Bytes => Text.Length > 0,
        YamlKind.List => Items.Count > 0,
        YamlKind.Map => Entries().Any(),
        _ => true,
    };

    /// <summary>Equal keys have equal identities: in Python 1, 1.0 and true are one key.</summary>
    public string Identity => Kind switch
    {
        YamlKind.Null => "null",
        YamlKind.Bool => IsTrue ? "n:1" : "n:0",
        YamlKind.Integer => "n:" + Integer,
        YamlKind.Float when Float == Math.Floor(Float) && Math.Abs(Float) < 1e15 => "n:" + new BigInteger(Float),
        YamlKind.Float => "f:" + Float.ToString("R", System.Globalization.CultureInfo.InvariantCulture),
        YamlKind.Text => "t:" + Text,
        YamlKind.Date or YamlKind.Bytes => Kind + ":" + Text,
        YamlKind.List when Items.All(i => !i.IsList && !i.IsMap) => "list:" + ComposeEquality.Key(this),
        _ => "object:" + System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this),
    };

    public bool AddNew(YamlValue key, YamlValue value)
    {
        own ??= new(StringComparer.Ordinal);
        var added = own.TryAdd(key.Identity, (key, value));
        if (added)
        {
            (order ??= []).Add(key.Identity);
        }

        return added;
    }

    public void Set(YamlValue key, YamlValue value)
    {
        if (!AddNew(key, value))
        {
            own![key.Identity] = (own[key.Identity].Key, value);
        }
    }

    public void Set(string key, YamlValue value) => Set(Unquoted(key), value);

    public bool Has(string key) => Get(key) is not null;

    /// <summary>The value of a text key, own before merged; null if there is none.</summary>
    public YamlValue? Get(string key) => Find("t:" + key, MergeLimit, []);

    /// <summary>All entries, own before merged, a key once.</summary>
    public IEnumerable<(YamlValue Key, YamlValue Value)> Entries()
    {
        if (Merges.Count == 0)
        {
            return (order ?? []).Select(identity => own![identity]);
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        var all = new List<(YamlValue, YamlValue)>();
        Collect(seen, all, MergeLimit, []);
        return all;
    }

    /// <summary>Python gives up earlier; this only keeps a ring of merges from being followed for ever.</summary>
    private const int MergeLimit = 400;

    // a map that was looked into already has nothing to add: one that merges another twice, and is itself merged twice, would double the work at each step
    private YamlValue? Find(string identity, int depth, HashSet<YamlValue> visited)
    {
        if (own is not null && own.TryGetValue(identity, out var entry))
        {
            return entry.Value;
        }

        if (depth == 0)
        {
            throw ComposeFaultException.TooDeep();
        }

        return Merges.Where(visited.Add).Select(m => m.Find(identity, depth - 1, visited)).FirstOrDefault(found => found is not null);
    }

    private void Collect(HashSet<string> seen, List<(YamlValue, YamlValue)> all, int depth, HashSet<YamlValue> visited)
    {
        if (depth == 0)
        {
            throw ComposeFaultException.TooDeep();
        }

        foreach (var identity in order ?? [])
        {
            if (seen.Add(identity))
            {
                all.Add(own![identity]);
            }
        }

        foreach (var merge in Merges.Where(visited.Add))
        {
            merge.Collect(seen, all, depth - 1, visited);
        }
    }
}
