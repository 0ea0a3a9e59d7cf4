namespace AppPreflight.AppCenter;

/// <summary>The form <c>x.y-z</c> or <c>x.y-z errataN</c>, digits of any script, one blank, nothing around.</summary>
/// <remarks>Source: appcenter/app.py, the pattern of supported_ucs_versions and required_ucs_version.</remarks>
internal static class UcsRelease
{
    private const string Errata = " errata";

    public static bool IsWellFormed(string text)
    {
        int index = 0;
        bool isRelease = PythonText.SkipDigits(text, ref index) && Skip(text, ".", ref index)
            && PythonText.SkipDigits(text, ref index) && Skip(text, "-", ref index)
            && PythonText.SkipDigits(text, ref index);
        return isRelease && (index == text.Length
            || (Skip(text, Errata, ref index) && PythonText.SkipDigits(text, ref index) && index == text.Length));
    }

    private static bool Skip(string text, string word, ref int index)
    {
        bool stands = string.CompareOrdinal(text, index, word, 0, word.Length) == 0;
        index += stands ? word.Length : 0;
        return stands;
    }
}
