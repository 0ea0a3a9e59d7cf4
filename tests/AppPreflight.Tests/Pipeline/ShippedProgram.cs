using NUnit.Framework;

namespace AppPreflight.Pipeline;

/// <summary>The program as <c>make publish</c> leaves it.</summary>
internal static class ShippedProgram
{
    public static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (!File.Exists(Path.Combine(folder.FullName, "AppPreflight.sln"))) continue;
            var program = Path.Combine(folder.FullName, "artifacts/app-preflight/app-preflight");
            return File.Exists(program) ? program : throw new AssertionException($"{program} is not there: run `make publish`");
        }

        throw new AssertionException("these tests do not lie below the repository: there is no program to try");
    }
}
