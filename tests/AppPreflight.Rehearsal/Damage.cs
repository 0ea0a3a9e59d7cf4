namespace AppPreflight.Rehearsal;

/// <summary>One named way to spoil an appliance. Names are kebab-case and never change.</summary>
/// <param name="Name">What <c>--damage</c> takes.</param>
/// <param name="What">What is wrong afterwards, as one sentence.</param>
/// <param name="How">How the rehearsal brings it about.</param>
/// <param name="ApplyAsync">Spoils an appliance that is sound in everything the damage needs.</param>
internal sealed record Damage(string Name, string What, string How, Func<Appliance, CancellationToken, Task> ApplyAsync)
{
    /// <summary>Whether 2.0.0 has to be in the store, sound, before this damage can be done.</summary>
    public bool NeedsStored { get; init; }

    /// <summary>Whether it needs an engine with a small disk of its own (<see cref="LoopStage"/>).</summary>
    public bool NeedsOwnDisk { get; init; }

    /// <summary>
    /// The finding codes of <c>check --content</c>, sorted, one entry for each finding. In every case 3.1.1 is absent,
    /// because it never was pulled.
    /// </summary>
    public IReadOnlyList<string> Before { get; init; } = [];

    /// <summary>The same after <c>repair</c>; empty where repair can cure it, and then the verdict is pass.</summary>
    public IReadOnlyList<string> After { get; init; } = [];

    /// <summary>The same in the report of <c>repair</c> itself; null where it is what a check finds afterwards.</summary>
    public IReadOnlyList<string>? Repaired { get; init; }

    /// <summary>Whom the causes of findings name, as on the wire; mostly one, several sorted with ", " between; null for nobody.</summary>
    public string? Culprit { get; init; }

    /// <summary>Whether the appliance has to ask <see cref="Appliance.Liar"/> in place of the registry.</summary>
    public bool NeedsLiar { get; init; }

    /// <summary>Whether the installed image itself is spoilt: then its container still has to start, but no proof can be had.</summary>
    public bool SpoilsInstalled { get; init; }

    /// <summary>Takes back as much of it as the rehearsal's own proof of the installed image needs: an export wants room on the disk.</summary>
    public Action<Appliance> Ease { get; init; } = _ => { };

    /// <summary>What is typed to look.</summary>
    public string Check { get; init; } = $"check {ApplianceFiles.App} --content";

    /// <summary>What is typed to heal.</summary>
    public string Repair { get; init; } = $"repair {ApplianceFiles.App}";

    /// <summary>Exit code of <see cref="Check"/>.</summary>
    public int Exit { get; init; } = 1;

    /// <summary>Exit code of <see cref="Repair"/>, and of a check after it; null: 0 if it is curable, else as before.</summary>
    public int? ExitAfter { get; init; }

    /// <summary>What else has to hold in the end: null, or a sentence about what did not.</summary>
    public Func<Appliance, string?> Promise { get; init; } = _ => null;

    /// <summary>True when a repair has to end with pass.</summary>
    public bool Curable => After.Count == 0;

    /// <summary>Every code that a trial of it has to see.</summary>
    public IEnumerable<string> Codes => [.. Before, .. After, .. Repaired ?? []];

    public override string ToString() => Name;
}
