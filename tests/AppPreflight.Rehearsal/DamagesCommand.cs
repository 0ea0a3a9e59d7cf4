namespace AppPreflight.Rehearsal;

/// <summary>Prints the catalogue.</summary>
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

        return 0;
    }
}
