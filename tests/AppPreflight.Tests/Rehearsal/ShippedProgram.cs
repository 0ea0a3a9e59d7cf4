using NUnit.Framework;

namespace AppPreflight.Rehearsal;

/// <summary>The program as it ships, which <c>make publish</c> has put into artifacts.</summary>
internal static class ShippedProgram
{
    public static string Path
    {
        get
        {
            for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            {
                if (!File.Exists(System.IO.Path.Combine(folder.FullName, "AppPreflight.sln"))) continue;
                var program = System.IO.Path.Combine(folder.FullName, "artifacts/app-preflight/app-preflight");
                return File.Exists(program) ? program : throw new AssertionException($"{program} is not there: run `make publish`");
            }

            throw new AssertionException("these tests do not lie below the repository: there is no program to try");
        }
    }
}
