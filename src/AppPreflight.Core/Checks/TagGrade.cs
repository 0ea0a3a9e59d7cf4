namespace AppPreflight.Checks;

/// <summary>How much two images are the same; the larger the more.</summary>
public enum TagGrade
{
    /// <summary>Other files.</summary>
    Differ,

    /// <summary>Layers differ in time stamps, order of entries, owner names, or in how the same files are spread over them.</summary>
    SameFiles,

    /// <summary>Other configuration, the same diff ids.</summary>
    SameLayers,

    /// <summary>Other manifest, the same configuration and diff ids.</summary>
    SameImage,

    /// <summary>The same manifest.</summary>
    Identical,
}

/// <summary>Grades on the wire are finding codes: tags-differ to tags-identical.</summary>
public static class TagGrades
{
    public static FindingCode Code(this TagGrade grade) => grade switch
    {
        TagGrade.Identical => FindingCode.TagsIdentical,
        TagGrade.SameImage => FindingCode.TagsSameImage,
        TagGrade.SameLayers => FindingCode.TagsSameLayers,
        TagGrade.SameFiles => FindingCode.TagsSameFiles,
        _ => FindingCode.TagsDiffer,
    };
}
