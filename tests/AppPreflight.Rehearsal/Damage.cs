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

    /// <summary>True when a repair has to end with pass.</summary>
    public bool Curable => After.Count == 0;

    public override string ToString() => Name;
}
