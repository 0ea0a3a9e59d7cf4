namespace AppPreflight.Rehearsal;

/// <summary>Prints the catalogues.</summary>
internal static class DamagesCommand
{
    public static int Run(TextWriter output)
    {
        foreach (var damage in Damages.All)
        {
            output.WriteLine(damage.Name);
            output.WriteLine($"    what     {damage.What}");
            output.WriteLine($"    how      {damage.How}");
            output.WriteLine($"    check    {string.Join(", ", damage.Before)}");
            output.WriteLine($"    repaired {(damage.Curable ? "pass" : string.Join(", ", damage.After))}");
        }

        output.WriteLine();
        output.WriteLine("of one stored layer (no --damage: tests do them):");
        foreach (var damage in LayerDamages.All)
        {
            output.WriteLine(damage.Name);
            output.WriteLine($"    what     {damage.What}");
            output.WriteLine($"    verify   {damage.Code}, {damage.Kind}");
            output.WriteLine($"    save     {(damage.ExportError is null ? "notices nothing" : "fails")}");
        }

        return 0;
    }
}
