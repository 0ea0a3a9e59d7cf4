namespace AppPreflight.Pairs;

/// <summary>Two lists beside each other: what they have in common in the same order stands in one line, all else in a line of its own.</summary>
/// <remarks>The longest common subsequence. Lists here have at most two thousand entries, so the plain table does.</remarks>
public static class Alignment
{
    /// <returns>In order; of each pair one place may be null: only the other list has it there. Both: the two are alike.</returns>
    public static IReadOnlyList<(int? A, int? B)> Of<T>(IReadOnlyList<T> a, IReadOnlyList<T> b, Func<T, T, bool> isLike)
    {
        var lengths = Lengths(a, b, isLike);
        var lines = new List<(int?, int?)>(Math.Max(a.Count, b.Count));
        var (i, j) = (0, 0);
        while (i < a.Count && j < b.Count)
        {
            if (isLike(a[i], b[j]) && lengths[i, j] == lengths[i + 1, j + 1] + 1) lines.Add((i++, j++));
            else if (lengths[i + 1, j] >= lengths[i, j + 1]) lines.Add((i++, null));
            else lines.Add((null, j++));
        }

        while (i < a.Count) lines.Add((i++, null));
        while (j < b.Count) lines.Add((null, j++));
        return lines;
    }

    /// <summary>The runs of lines that are not alike, each as the places of one list and of the other.</summary>
    public static IEnumerable<(List<int> A, List<int> B)> Gaps(IEnumerable<(int? A, int? B)> lines)
    {
        var (a, b) = (new List<int>(), new List<int>());
        foreach (var line in lines)
        {
            if (line is { A: not null, B: not null })
            {
                if (a.Count + b.Count > 0) yield return (a, b);
                (a, b) = ([], []);
            }
            else if (line.A is { } ofA) a.Add(ofA);
            else b.Add(line.B!.Value);
        }

        if (a.Count + b.Count > 0) yield return (a, b);
    }

    // how much the rests from here on have in common
    private static int[,] Lengths<T>(IReadOnlyList<T> a, IReadOnlyList<T> b, Func<T, T, bool> isLike)
    {
        var lengths = new int[a.Count + 1, b.Count + 1];
        for (var i = a.Count - 1; i >= 0; i--)
            for (var j = b.Count - 1; j >= 0; j--)
                lengths[i, j] = isLike(a[i], b[j]) ? lengths[i + 1, j + 1] + 1 : Math.Max(lengths[i + 1, j], lengths[i, j + 1]);
        return lengths;
    }
}
