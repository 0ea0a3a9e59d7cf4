namespace AppPreflight.AppCenter;

/// <summary>Collects what can't be told without running a template's code blocks.</summary>
internal sealed class ComposeUndecided
{
    private readonly List<string> sentences = [];
    private readonly bool hasBlocks;

    public ComposeUndecided(ComposeTemplate template)
    {
        hasBlocks = template.Blocks.Count > 0;
        sentences.AddRange(template.Blocks.Where(b => b.MayTouchImages)
            .Select(b => $"The code block at line {b.Line} may print lines that decide an image; it is not run here."));
    }

    public IReadOnlyList<string> Sentences => [.. sentences.Distinct(StringComparer.Ordinal)];

    public void Look(YamlValue? value, string what)
    {
        if (value?.IsUnknown == true)
        {
            Add(what);
        }
    }

    /// <summary>Looks at all that decides which images there are: names and a few keys of the services.</summary>
    public void Look(YamlValue content)
    {
        LookAtKeys(content, "a key of the file");
        foreach (var (name, service) in ComposeRewrite.Services(content))
        {
            Look(name, "the name of a service");
            LookAtKeys(service, $"a key of the service {name.Text}");
            foreach (var key in (string[])["image", "profiles", "extends"])
            {
                var value = service.Get(key);
                Look(value, $"'{key}' of the service {name.Text}");
                value?.Items.ForEach(i => Look(i, $"'{key}' of the service {name.Text}"));
            }
        }
    }

    /// <summary>A fault met with masked blocks may be the mask's.</summary>
    public void Doubt(ComposeFaultException fault)
    {
        if (hasBlocks)
        {
            sentences.Add($"Whether the file can be used depends on its code blocks, which are not run here ({fault.Message}).");
        }
    }

    public static string? Class(ComposeFaultException fault) => fault.Kind == "undecided" ? null : fault.Kind;

    private void LookAtKeys(YamlValue map, string what)
    {
        foreach (var (key, _) in map.Entries())
        {
            Look(key, what);
        }
    }

    private void Add(string what) =>
        sentences.Add($"{char.ToUpperInvariant(what[0])}{what[1..]} is made by a code block, which is not run here.");
}
