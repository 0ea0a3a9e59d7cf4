namespace AppPreflight.Checks;

public enum Verdict
{
    /// <summary>Could not be told. The zero value, and it blocks: what nobody looked at has not passed.</summary>
    Unknown,
    Pass,
    Warn,
    Fail,
}

public static class Verdicts
{
    extension(IEnumerable<Verdict> verdicts)
    {
        /// <summary>Fail, else Unknown, else Warn, else Pass. Of none: Unknown, for nothing was shown.</summary>
        public Verdict Worst => verdicts.DefaultIfEmpty(Verdict.Unknown).MaxBy(Weight);
    }

    private static int Weight(Verdict verdict) => verdict switch
    {
        Verdict.Pass => 0,
        Verdict.Warn => 1,
        Verdict.Unknown => 2,
        _ => 3,
    };
}
