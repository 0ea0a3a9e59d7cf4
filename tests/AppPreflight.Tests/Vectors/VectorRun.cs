using NUnit.Framework;

namespace AppPreflight.Vectors;

/// <summary>Runs all cases of a family, and only then says which are wrong.</summary>
public static class VectorRun
{
    /// <param name="family">The file's name without its ending.</param>
    /// <param name="mismatch">What is wrong with the answer to a case; null when it is right.</param>
    public static void AssertAllRight(string family, Func<VectorCase, string?> mismatch)
    {
        var file = VectorFile.Load(family);
        var wrong = file.Cases
            .Select(each => (each.Name, Text: Judge(each, mismatch)))
            .Where(each => each.Text is not null)
            .Select(each => $"{each.Name}: {each.Text}")
            .ToList();
        TestContext.Out.WriteLine($"{family}: {file.Cases.Count - wrong.Count} right of {file.Cases.Count} ({file.Path})");
        Assert.That(file.Cases, Is.Not.Empty);
        Assert.That(wrong, Is.Empty, string.Join('\n', wrong));
    }

    private static string? Judge(VectorCase each, Func<VectorCase, string?> mismatch)
    {
        try
        {
            return mismatch(each);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            return failure.ToString();
        }
    }
}
