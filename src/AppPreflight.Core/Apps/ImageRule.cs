namespace AppPreflight.Apps;

/// <summary>How the images of a release are found: named outright, or by a compose file that the registry's values fill in.</summary>
public abstract record ImageRule
{
    public abstract WantedImages For(UcrValues ucr);
}

/// <summary>Images that stand in the release itself: <c>DockerImage</c>, or the list of an <c>apps.d</c> file.</summary>
public sealed record NamedImages(IReadOnlyList<string> Names) : ImageRule
{
    public override WantedImages For(UcrValues ucr) => new()
    {
        Main = Names.Count > 0 ? Names[0] : null,
        Named = Names,
        Pulled = Names,
    };
}

/// <summary>A container app whose files name no image at all: the App Center breaks on it.</summary>
public sealed record NoImage(string Reason) : ImageRule
{
    public override WantedImages For(UcrValues ucr) => new() { Error = "no-image", MainError = "no-image", Reason = Reason };
}

/// <summary>The images one release asks for, as far as the files on this host tell.</summary>
public sealed record WantedImages
{
    /// <summary>The image of the main container, as text; null if there is none or it can't be read.</summary>
    public string? Main { get; init; }

    /// <summary>Why <see cref="Main"/> can't be read: an error class of <see cref="Error"/>, or null.</summary>
    public string? MainError { get; init; }

    /// <summary>Every image named, once each, in file order; null when <see cref="Error"/> says why not.</summary>
    public IReadOnlyList<string>? Named { get; init; }

    /// <summary>Every service of a compose file with its image, in file order; null when <see cref="Error"/> says why not, or without compose.</summary>
    public IReadOnlyList<ServiceImage>? Services { get; init; }

    /// <summary>What a pull would really fetch, once each (compose: profiles skipped, <c>${}</c> replaced); null when the tool refuses the file.</summary>
    public IReadOnlyList<string>? Pulled { get; init; }

    /// <summary>Why the App Center can't use the file: no-image, encoding, yaml, duplicate-key, missing-key, wrong-type, bad-value, recursion.</summary>
    public string? Error { get; init; }

    /// <summary>The sentence to <see cref="Error"/>, naming the place; or why docker-compose refuses what the App Center accepts.</summary>
    public string? Reason { get; init; }

    /// <summary>What can't be told without running a code block of the template, one sentence each. Empty: all is decided.</summary>
    public IReadOnlyList<string> Undecided { get; init; } = [];
}

/// <summary>A compose service's <c>image</c>: text, or null; then <paramref name="OtherType"/> tells what stands there instead, null for nothing.</summary>
public sealed record ServiceImage(string Service, string? Image, string? OtherType = null);
