namespace AppPreflight.Images;

/// <summary>A user and a password for one registry host. Printed, it shows neither.</summary>
public sealed record Credential(string User, string Password)
{
    public override string ToString() => "***";
}
