namespace AppPreflight.AppCenter;

/// <summary>What docker-compose's schema allows at a place.</summary>
internal abstract record ComposeShape
{
    /// <returns>What is wrong, naming the place; null for nothing.</returns>
    protected abstract string? Judge(YamlValue value, string path);

    /// <inheritdoc cref="Judge"/>
    public string? Complaint(YamlValue value, string path) => value.IsUnknown ? null : Judge(value, path);

    /// <summary>Whether the value has this shape's outermost type, so that a choice can complain about the right branch.</summary>
    public abstract bool Fits(YamlValue value);

    public static ComposeShape operator |(ComposeShape left, ComposeShape right) => new Choice([left, right]);

    /// <summary>A single value of one of the kinds, with a further rule.</summary>
    public sealed record Leaf(string Name, Func<YamlValue, string?>? Rule, params YamlKind[] Kinds) : ComposeShape
    {
        public override bool Fits(YamlValue value) => Kinds.Contains(value.Kind);

        protected override string? Judge(YamlValue value, string path)
        {
            if (!Fits(value))
            {
                return $"{path} contains an invalid type, it should be {Name}";
            }

            return Rule?.Invoke(value) is { } broken ? $"{path} {broken}" : null;
        }
    }

    public sealed record Sequence(ComposeShape Item, bool Unique) : ComposeShape
    {
        public override bool Fits(YamlValue value) => value.IsList;

        protected override string? Judge(YamlValue value, string path)
        {
            if (!value.IsList)
            {
                return $"{path} contains an invalid type, it should be an array";
            }

            if (Unique && value.Items.Select(ComposeEquality.Key).Distinct(StringComparer.Ordinal).Count() < value.Items.Count)
            {
                return $"{path} has non-unique elements";
            }

            return value.Items.Select(i => Item.Complaint(i, path)).FirstOrDefault(c => c is not null);
        }
    }

    /// <summary>A map with known keys; <see cref="Others"/> is the shape of any other key, null if there may be none.</summary>
    public sealed record Fields(IReadOnlyDictionary<string, ComposeShape> Known) : ComposeShape
    {
        public ComposeShape? Others { get; init; }

        /// <summary>Keys beginning with <c>x-</c> may hold anything.</summary>
        public bool Extensible { get; init; } = true;

        public IReadOnlyList<string> Required { get; init; } = [];

        /// <summary>Which other keys <see cref="Others"/> is for.</summary>
        public Func<string, bool> OtherKeys { get; init; } = _ => true;

        /// <summary>Whether keys that are neither known nor <see cref="OtherKeys"/> are let pass unread.</summary>
        public bool Open { get; init; }

        public override bool Fits(YamlValue value) => value.IsMap;

        protected override string? Judge(YamlValue value, string path)
        {
            if (!value.IsMap)
            {
                return $"{path} contains an invalid type, it should be an object";
            }

            if (Required.FirstOrDefault(key => !value.Has(key)) is { } missing)
            {
                return $"{path} is invalid, {missing} is required";
            }

            return value.Entries().Select(e => Entry(e.Key, e.Value, path)).FirstOrDefault(c => c is not null);
        }

        private string? Entry(YamlValue key, YamlValue value, string path)
        {
            var name = ComposeEquality.Name(key);
            if (Known.TryGetValue(name, out var shape))
            {
                return shape.Complaint(value, $"{path}.{name}");
            }

            if (Others is not null && OtherKeys(name))
            {
                return Others.Complaint(value, $"{path}.{name}");
            }

            return Open || (Extensible && name.StartsWith("x-", StringComparison.Ordinal))
                ? null
                : $"Unsupported config option for {path}: '{name}'";
        }
    }

    public sealed record Choice(IReadOnlyList<ComposeShape> Shapes) : ComposeShape
    {
        public override bool Fits(YamlValue value) => Shapes.Any(s => s.Fits(value));

        protected override string? Judge(YamlValue value, string path) =>
            Shapes.FirstOrDefault(s => s.Fits(value)) is { } shape
                ? shape.Complaint(value, path)
                : $"{path} contains an invalid type";
    }

    /// <summary>Anything at all.</summary>
    public sealed record Anything : ComposeShape
    {
        public override bool Fits(YamlValue value) => true;

        protected override string? Judge(YamlValue value, string path) => null;
    }
}
