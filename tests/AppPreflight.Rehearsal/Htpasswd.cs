using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace AppPreflight.Rehearsal;

/// <summary>One line of an htpasswd file. Distribution takes bcrypt only; the C library of Debian makes it.</summary>
internal static partial class Htpasswd
{
    private const string Alphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    public static string Line(string user, string password)
    {
        // the last of the 22 salt characters carries two bits only: '.' is always among the four that are allowed
        var salt = $"$2b$05${RandomNumberGenerator.GetString(Alphabet, 21)}.";
        var text = Marshal.PtrToStringUTF8(Crypt(password, salt));
        return text?.StartsWith("$2b$", StringComparison.Ordinal) == true
            ? $"{user}:{text}\n"
            : throw new RehearsalException("libcrypt.so.1 does not know bcrypt");
    }

    [LibraryImport("libcrypt.so.1", EntryPoint = "crypt", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Crypt(string phrase, string setting);
}
