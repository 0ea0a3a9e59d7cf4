namespace AppPreflight.Images;

/// <summary>Whose copy of an image is looked at.</summary>
[Flags]
public enum Sides
{
    None = 0,
    Served = 1,
    Stored = 2,
    Both = Served | Stored,
}
