using AppPreflight.Apps;
using AppPreflight.Checks;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Ports;
using AppPreflight.Runs;
using AppPreflight.Upgrades;
using NUnit.Framework;
using static AppPreflight.Values;

namespace AppPreflight.Pipeline;

/// <summary>Which reports go where: to the app's last one, to the archive, to neither.</summary>
internal sealed class KeptRunsTests
{
    private static readonly string[] Nothing = [];

    [Test]
    public async Task Keeps_a_gate_that_passes_in_the_archive_only()
    {
        var host = new Host();
        var report = await host.RunAsync(new(RunVerb.Gate, "demo", "2.0"));
        Assert.That((report.Verdict, report.Verb), Is.EqualTo((Verdict.Pass, (RunVerb?)RunVerb.Gate)));
        Assert.That((host.Saved, host.Kept), Is.EqualTo((Nothing, new[] { report.Run })));
        Assert.That(RunKey.IsWellFormed(report.Run), Is.True);
    }

    [Test]
    public async Task Keeps_a_check_as_the_last_one_and_in_the_archive()
    {
        var host = new Host();
        var report = await host.RunAsync(new(RunVerb.Check, "demo"));
        Assert.That((host.Saved, host.Kept), Is.EqualTo((new[] { report.Run }, new[] { report.Run })));
    }

    [Test]
    public async Task Keeps_nothing_of_an_app_that_nobody_knows()
    {
        var host = new Host();
        await host.RunAsync(new(RunVerb.Check, "nobody"));
        Assert.That((host.Saved, host.Kept), Is.EqualTo((Nothing, Nothing)));
    }

    [Test]
    public async Task Keeps_a_verified_image_in_the_archive_and_says_nothing_where_it_cannot()
    {
        var host = new Host();
        var report = await host.VerifyAsync();
        Assert.That((host.Saved, host.Kept, report.Verb), Is.EqualTo((Nothing, new[] { report.Run }, (RunVerb?)RunVerb.Verify)));
        Assert.That(report.Engine, Is.EqualTo(new ReportedEngine(Engine().Version, Engine().Driver, $"{Engine().Platform}")));
        var full = new Host { IsFull = true };
        Assert.That((await full.VerifyAsync()).Verdict, Is.EqualTo(report.Verdict));
        Assert.That(full.Noted, Is.Empty);
    }

    [TestCase(RunVerb.Check)]
    [TestCase(RunVerb.Gate)]
    public async Task Lets_the_verdict_stand_on_a_full_disk_and_says_so_once(RunVerb verb)
    {
        var request = new RunRequest(verb, "demo", "2.0");
        var full = new Host { IsFull = true };
        Assert.That((await full.RunAsync(request)).Verdict, Is.EqualTo((await new Host().RunAsync(request)).Verdict));
        Assert.That(full.Noted, Is.EqualTo(new[] { "the report could not be kept: no space left on the device" }));
    }

    /// <summary>An appliance whose next step needs no other image.</summary>
    private sealed class Host : IAppCenter, IJournal, IProofMemory, IHostSigns, IProgress<RunEvent>
    {
        public List<string> Saved { get; } = [];

        public List<string> Kept { get; } = [];

        public List<string> Noted { get; } = [];

        public bool IsFull { get; init; }

        public RunHolder? Holder => null;

        public Task<PreflightReport> RunAsync(RunRequest request) => Program.RunAsync(request, this, CancellationToken.None);

        public Task<PreflightReport> VerifyAsync() => Program.VerifyAsync(Name, Sides.Both, this, CancellationToken.None);

        public Task<AppCenterReading> ReadAsync(CancellationToken cancellationToken) => Task.FromResult(new AppCenterReading(
            Releases.Installed("1.0"),
            Releases.Catalog(Releases.DockerRelease("1.0"), Releases.DockerRelease("2.0") with { DockerAllowedImages = ["r.example.test/demo:1.0"] })));

        public async Task<Appliance> ReadApplianceAsync(CancellationToken cancellationToken) => (await ReadAsync(cancellationToken)).Appliance;

        public string? LastFailedPull(string image) => null;

        public LockAttempt TryLock(RunHolder holder) => new(null, null);

        public void Append(JournalLine line)
        {
        }

        public IReadOnlyList<JournalLine> Unfinished() => [];

        public void Save(PreflightReport report) => Write(Saved, report);

        public void Keep(PreflightReport report) => Write(Kept, report);

        public IReadOnlyList<PreflightReport> LastReports(out IReadOnlyList<string> broken)
        {
            broken = [];
            return [];
        }

        public IReadOnlyDictionary<ChainId, ProofNote> Recall() => new Dictionary<ChainId, ProofNote>();

        public void Remember(IReadOnlyCollection<ProofNote> notes)
        {
        }

        public IReadOnlyList<HostSign> Read() => [];

        public void Report(RunEvent value)
        {
            if (value is Noted noted) Noted.Add(noted.Message);
        }

        private PreflightRun Program => new(new(
            this, new FakeStore(Engine()), new NoLayers(), (_, _) => new FakeRegistry(Served()), this, this, new NoTags(), this, TimeProvider.System, new("linux", "amd64")));

        public IReadOnlyList<JournalLine> Owed() => [];

        public IReadOnlyList<string> Runs() => Kept;

        public PreflightReport? FindRun(string run) => null;

        private void Write(List<string> list, PreflightReport report)
        {
            if (IsFull) throw new SourceException(Source.Journal, Fault.Refused, "no space left on the device");
            list.Add(report.Run);
        }
    }
}
