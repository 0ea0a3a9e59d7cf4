using AppPreflight.Apps;
using AppPreflight.Checks;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Pairs;
using AppPreflight.Ports;
using AppPreflight.Runs;
using NUnit.Framework;

namespace AppPreflight.Pipeline;

/// <summary>What is read for an answer, and what is made of it.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class CompareRunTests
{
    private readonly Places places = new();

    [TestCase("abc", "abc")]
    [TestCase("abc", "aebc")]
    [TestCase("abc", "abbc")]
    public async Task Reads_no_layer_where_documents_decide(string a, string b)
    {
        var comparison = await CompareAsync(Forms.Image(a), Forms.Image(b));
        Assert.That((comparison.Verdict, places.Read), Is.EqualTo((Verdict.Pass, new List<string>())));
    }

    [Test]
    public async Task Reads_only_the_layers_that_differ()
    {
        places.Files['x'] = ["d etc", "f etc/motd one"];
        places.Files['y'] = ["d etc", "f etc/motd two"];
        var comparison = await CompareAsync(Forms.Image("abxcd"), Forms.Image("abycd"));
        Assert.That((comparison.Grade, comparison.Verdict), Is.EqualTo((TagGrade.Differ, Verdict.Fail)));
        Assert.That(places.Read, Is.EqualTo(new[] { "A 2", "B 2" }));
        Assert.That(comparison.Files.Select(file => (file.Path, file.Change, file.LayerA, file.LayerB)), Is.EqualTo(new[] { ("etc/motd", FileChange.Changed, (int?)2, (int?)2) }));
        Assert.That(new ComparisonWords(comparison).Meaning, Is.EqualTo("base image changed at layer 3; the 2 layers above it are the same"));
    }

    [Test]
    public async Task Calls_layers_that_differ_in_stamps_the_same_files()
    {
        places.Files['x'] = ["f etc/motd one 5"];
        places.Files['y'] = ["f etc/motd one 9"];
        var comparison = await CompareAsync(Forms.Image("ax"), Forms.Image("ay"));
        Assert.That((comparison.Grade, comparison.Count(FileChange.Stamp)), Is.EqualTo((TagGrade.SameFiles, 1)));
        Assert.That(new ComparisonWords(comparison).Sentence, Is.EqualTo("The same files; their layers differ only in time stamps"));
    }

    [Test]
    public async Task Says_of_the_same_files_that_they_are_started_otherwise()
    {
        places.Files['x'] = ["f etc/motd one 5"];
        places.Files['y'] = ["f etc/motd one 9"];
        var words = new ComparisonWords(await CompareAsync(Forms.Image("ax").With(("config.Entrypoint", "[\"/good\"]")), Forms.Image("ay").With(("config.Entrypoint", "[\"/other\"]"))));
        Assert.That(words.Sentence, Is.EqualTo("The same files; their layers differ only in time stamps; under another configuration: config.Entrypoint"));
        Assert.That(words.Meaning, Is.EqualTo("same contents, started otherwise: config.Entrypoint"));
    }

    // the base has the folder already: naming it once more changes nothing
    [Test]
    public async Task Looks_below_where_only_that_can_tell()
    {
        places.Files['a'] = ["d etc", "f etc/os x"];
        places.Files['x'] = ["d etc", "f etc/motd one"];
        places.Files['y'] = ["f etc/motd one"];
        var comparison = await CompareAsync(Forms.Image("ax"), Forms.Image("ay"));
        Assert.That(comparison.Grade, Is.EqualTo(TagGrade.SameFiles));
        Assert.That(places.Read, Is.EqualTo(new[] { "A 1", "B 1", "A 0" }), "what both have is read once");
    }

    [Test]
    public async Task Calls_a_whiteout_of_what_is_below_a_difference()
    {
        places.Files['a'] = ["f etc/os x"];
        places.Files['x'] = ["f etc/motd one"];
        places.Files['y'] = ["f etc/motd one", "h etc/os"];
        var comparison = await CompareAsync(Forms.Image("ax"), Forms.Image("ay"));
        Assert.That(comparison.Grade, Is.EqualTo(TagGrade.Differ));
        Assert.That(comparison.Files.Select(file => (file.Path, file.Change)), Is.EqualTo(new[] { ("etc/os", FileChange.Removed) }));
    }

    [Test]
    public async Task Calls_a_squashed_image_the_same_files()
    {
        places.Files['a'] = ["d etc", "f etc/os old", "f etc/gone x"];
        places.Files['b'] = ["f etc/os new"];
        places.Files['c'] = ["h etc/gone"];
        places.Files['s'] = ["d etc", "f etc/os new"];
        Assert.That((await CompareAsync(Forms.Image("abc"), Forms.Image("s"))).Grade, Is.EqualTo(TagGrade.SameFiles));
    }

    [TestCase("f etc/one 1", "f etc/two 2", TagGrade.SameFiles)]
    [TestCase("f etc/one 1", "f etc/one 2", TagGrade.Differ)]
    public async Task Asks_of_another_order_whether_it_matters(string x, string y, TagGrade grade)
    {
        places.Files['x'] = [x];
        places.Files['y'] = [y];
        Assert.That((await CompareAsync(Forms.Image("xy"), Forms.Image("yx"))).Grade, Is.EqualTo(grade));
    }

    [Test]
    public async Task Could_not_tell_where_a_layer_can_not_be_read()
    {
        places.Fault = new(Source.Registry, Fault.Unreachable, "r.example.test cannot be reached");
        var comparison = await CompareAsync(Forms.Image("ax"), Forms.Image("ay"));
        Assert.That((comparison.Grade, comparison.Verdict), Is.EqualTo(((TagGrade?)null, Verdict.Unknown)));
        Assert.That(new ComparisonWords(comparison).Sentence, Does.StartWith("They differ from layer 2 on").And.EndsWith("r.example.test cannot be reached"));
    }

    [Test]
    public async Task Could_not_tell_where_a_layer_s_files_are_not_told()
    {
        places.Untold = "The layer has the sparse file x, which can't be compared.";
        var comparison = await CompareAsync(Forms.Image("ax"), Forms.Image("ay"));
        Assert.That((comparison.Verdict, comparison.Fault!.Message), Is.EqualTo((Verdict.Unknown, "layer 2 of r.example.test/app:1: The layer has the sparse file x, which can't be compared.")));
    }

    [TestCase(TagGrade.SameLayers, Verdict.Pass)]
    [TestCase(TagGrade.SameImage, Verdict.Fail)]
    public async Task Fails_where_more_was_asked_for(TagGrade wanted, Verdict verdict) =>
        Assert.That((await CompareAsync(Forms.Image("ab"), Forms.Image("ab", config: "other"), wanted)).Verdict, Is.EqualTo(verdict));

    [Test]
    public async Task Compares_what_both_have_where_one_has_nothing_for_this_host()
    {
        places.Platforms['A'] = ["arm64"];
        places.Platforms['B'] = ["amd64", "s390x", "arm64"];
        var comparison = await CompareAsync(Forms.Image("ab"), Forms.Image("ab"));
        Assert.That((comparison.A.Config.Platform.Architecture, comparison.B.Config.Platform.Architecture), Is.EqualTo(("arm64", "arm64")));
    }

    private Task<ImageComparison> CompareAsync(ImageForm a, ImageForm b, TagGrade wanted = TagGrade.SameFiles)
    {
        (places.A, places.B) = (a, b);
        var ports = new ComparePorts(new FakeStore(Values.Engine()), places, (_, _, _) => places, TimeProvider.System, new("linux", "amd64"));
        return new CompareRun(ports, new Silence()).RunAsync(new(ImagePlace.Registry, "A"), new(ImagePlace.Registry, "B"), wanted, CancellationToken.None);
    }

    private sealed class Silence : IProgress<RunEvent>
    {
        public void Report(RunEvent value)
        {
        }
    }

    /// <summary>Two images as values; their layers are told by their letters.</summary>
    private sealed class Places : IImageCopies, IAppCenter
    {
        public ImageForm? A { get; set; }

        public ImageForm? B { get; set; }

        public Dictionary<char, string[]> Files { get; } = [];

        public Dictionary<char, string[]> Platforms { get; } = [];

        public List<string> Read { get; } = [];

        public SourceFault? Fault { get; set; }

        public string? Untold { get; set; }

        public Task<ImageForm> DescribeAsync(string name, Platform platform, CancellationToken cancellationToken)
        {
            var form = name == "A" ? A! : B!;
            if (!Platforms.TryGetValue(name[0], out var offered)) return Task.FromResult(form);
            var index = new ImageIndex(MediaType.OciIndex, [.. offered.Select(architecture => new Descriptor(MediaType.OciManifest, Forms.DigestOf(architecture), 1) { Platform = new("linux", architecture) })]);
            return Task.FromResult(form.For(offered.Contains(platform.Architecture) ? platform.Architecture : offered[0]) with { Index = index });
        }

        public Task<IReadOnlyList<LayerFiles>> ListLayersAsync(ImageForm image, IReadOnlyList<int> layers, IProgress<long>? progress, CancellationToken cancellationToken)
        {
            if (Fault is { } fault) return Task.FromException<IReadOnlyList<LayerFiles>>(new SourceException(fault));
            lock (Read) Read.AddRange(layers.Select(layer => $"{(ReferenceEquals(image, A) ? "A" : "B")} {layer}"));
            return Task.FromResult<IReadOnlyList<LayerFiles>>([.. layers.Select(layer => FilesOf(image.Layers[layer]) with { Layer = layer, Untold = Untold })]);
        }

        public Task<AppCenterReading> ReadAsync(CancellationToken cancellationToken) => throw new InvalidOperationException("the catalogue is of no use here");

        public Task<Appliance> ReadApplianceAsync(CancellationToken cancellationToken) => Task.FromResult(new Appliance(UcrValues.Empty));

        public string? LastFailedPull(string image) => null;

        private LayerFiles FilesOf(FormLayer layer)
        {
            var letter = Enumerable.Range('a', 26).Select(code => (char)code).First(code => Forms.DiffIdOf(code) == layer.DiffId);
            return Forms.Layer(0, Files.GetValueOrDefault(letter) ?? []);
        }
    }
}
