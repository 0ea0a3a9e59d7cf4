using System.Text;
using System.Text.Json.Nodes;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Ports;
using AppPreflight.Remedies;
using AppPreflight.Runs;
using NUnit.Framework;

namespace AppPreflight.Journal;

/// <summary>What a power cut, a bad disk or a stranger can leave in the state directory: no run may be kept from its work by it.</summary>
internal sealed class GarbageTests
{
    private const int Rounds = 100;

    private StateDirectory state;

    [SetUp]
    public void MakeDirectory() => state = new StateDirectory();

    [TearDown]
    public void RemoveDirectory() => state.Dispose();

    [Test]
    public void A_journal_torn_at_any_byte_tells_its_whole_lines_and_goes_on_behind_them()
    {
        JournalLine[] lines =
        [
            StateDirectory.Intent(1) with { Kind = RemedyKind.Purge, Of = "sha256:ab", Names = ["a:1", "b\n:\"2"] }, StateDirectory.Outcome(1),
            StateDirectory.Intent(2), StateDirectory.Intent(3, "r2"), StateDirectory.Intent(3, "r2") with { Mark = JournalMark.Reconciled },
            StateDirectory.Intent(1) with { Mark = JournalMark.PutBack },
        ];
        (int Act, string Run)[][] open = [[], [(1, "r1")], [], [(2, "r1")], [(2, "r1"), (3, "r2")], [(2, "r1")], [(2, "r1")]];
        byte[] whole = [.. lines.SelectMany(JournalJson.Write)];
        for (var length = 0; length <= whole.Length; length++)
        {
            var kept = whole.AsSpan(0, length).Count((byte)'\n');
            File.WriteAllBytes(state.JournalFile, whole[..length]);
            Assert.That(Keys(state.Open().Unfinished()), Is.EqualTo(open[kept]), $"torn after {length} bytes");
            Assert.That(state.Open().Owed(), Has.Count.EqualTo(kept is > 0 and < 6 ? 1 : 0), $"torn after {length} bytes");
            state.Open().Append(StateDirectory.Intent(9, "r9"));
            Assert.That(Keys(state.Open().Unfinished()), Is.EqualTo(open[kept].Append((9, "r9"))), $"written after a tear at {length}");
        }

        Assert.That(state.Told, Is.Empty);
    }

    [Test]
    public void A_journal_of_garbage_takes_the_next_line()
    {
        var random = new Random(5);
        for (var round = 0; round < Rounds; round++)
        {
            var garbage = new byte[random.Next(3000)];
            random.NextBytes(garbage);
            File.WriteAllBytes(state.JournalFile, [.. garbage, (byte)'\n']);
            state.Open().Append(StateDirectory.Intent(1));
            Assert.That(Keys(state.Open().Unfinished()), Is.EqualTo(new[] { (1, "r1") }), $"round {round}");
        }
    }

    [Test]
    public void A_report_cut_at_any_byte_is_moved_aside()
    {
        var whole = ReportJson.Write(StateDirectory.ReportOf("kelvin"));
        Directory.CreateDirectory(state.Report(""));
        for (var length = 0; length < whole.Length - 2; length++)
        {
            File.WriteAllBytes(state.Report("kelvin.json"), whole[..length]);
            Assert.That(state.Open().LastReports(out var broken), Is.Empty, $"cut after {length} bytes");
            Assert.That(broken, Has.Count.EqualTo(1));
        }
    }

    [Test]
    public void A_report_of_random_bytes_never_throws_and_makes_room_for_the_next()
    {
        var whole = ReportJson.Write(StateDirectory.ReportOf("kelvin"));
        var random = new Random(5);
        Directory.CreateDirectory(state.Report(""));
        for (var round = 0; round < Rounds; round++)
        {
            var bytes = round % 2 == 0 ? new byte[random.Next(3000)] : [.. whole];
            if (round % 2 == 0) random.NextBytes(bytes);
            else bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            File.WriteAllBytes(state.Report("kelvin.json"), bytes);
            Assert.That(state.Open().LastReports(out var broken).Count + broken.Count, Is.EqualTo(1), $"round {round}");
            state.Open().Save(StateDirectory.ReportOf("kelvin"));
            Assert.That(state.Open().LastReports(out _), Has.Count.EqualTo(1));
        }
    }

    [Test]
    public void A_report_with_a_value_of_another_type_is_read_or_moved_aside()
    {
        var text = Encoding.UTF8.GetString(ReportJson.Write(StateDirectory.ReportOf("kelvin")));
        var keys = JsonNode.Parse(text)!.AsObject().Select(pair => pair.Key).ToList();
        string[] others = ["null", "true", "-1", "1e999", "99999999999999999999", "\"\"", "\"9999-99-99T99:99:99Z\"", "\"\\ud800\"", "[]", "{}", "[null]", "[[[]]]", "{\"a\":{}}"];
        Directory.CreateDirectory(state.Report(""));
        foreach (var key in keys)
        {
            foreach (var other in others)
            {
                var root = JsonNode.Parse(text)!.AsObject();
                var document = "{" + string.Join(',', root.Select(pair => $"\"{pair.Key}\":{(pair.Key == key ? other : pair.Value?.ToJsonString() ?? "null")}")) + "}";
                File.WriteAllText(state.Report("kelvin.json"), document);
                Assert.That(state.Open().LastReports(out var broken).Count + broken.Count, Is.EqualTo(1), $"{key}: {other}");
            }
        }
    }

    [Test]
    public void A_huge_report_is_not_read()
    {
        Directory.CreateDirectory(state.Report(""));
        using (var file = File.Create(state.Report("kelvin.json"))) file.SetLength(1L << 40);
        var before = GC.GetTotalAllocatedBytes();
        Assert.That(state.Open().LastReports(out var broken), Is.Empty);
        Assert.That(broken.Single(), Does.Contain("larger than"));
        Assert.That(GC.GetTotalAllocatedBytes() - before, Is.LessThan(32 << 20));
    }

    [Test]
    public void A_memory_of_proofs_that_is_none_counts_as_empty_and_is_replaced()
    {
        var note = new ProofNote(new ChainId(Digest.Parse("sha256:" + new string('a', 64))), StateDirectory.Noon, true, ProofWay.LayerStore, false, 1, "s");
        var path = Path.Combine(state.FullName, "proofs.json");
        var whole = ProofJson.Write([note]);
        var random = new Random(5);
        List<byte[]> contents = [.. Enumerable.Range(0, whole.Length - 2).Select(length => whole[..length]), .. "null|[]|{}|{\"schema\":1}|{\"schema\":\"app-preflight/proofs/1\",\"layers\":[1]}|{\"schema\":\"app-preflight/proofs/1\",\"layers\":{}}".Split('|').Select(Encoding.UTF8.GetBytes)];
        for (var round = 0; round < Rounds; round++)
        {
            var garbage = new byte[random.Next(2000)];
            random.NextBytes(garbage);
            contents.Add(garbage);
        }

        foreach (var content in contents)
        {
            File.WriteAllBytes(path, content);
            Assert.That(new ProofFile(state.FullName).Recall(), Is.Empty);
        }

        new ProofFile(state.FullName).Remember([note]);
        Assert.That(new ProofFile(state.FullName).Recall().Values, Is.EqualTo(new[] { note }));
        using (var file = File.OpenWrite(path)) file.SetLength(1L << 40);
        Assert.That(new ProofFile(state.FullName).Recall(), Is.Empty);
    }

    [Test]
    public void A_memory_of_tags_that_is_none_counts_as_empty_and_is_replaced()
    {
        var note = TagNote.Of(ImageReference.Parse(Values.Name), Values.Served(), new("linux", "amd64"), StateDirectory.Noon)!;
        var path = Path.Combine(state.FullName, "tags.json");
        var whole = TagJson.Write([note]);
        var random = new Random(6);
        var text = Encoding.UTF8.GetString(whole);
        List<byte[]> contents =
        [
            .. Enumerable.Range(0, whole.Length - 2).Select(length => whole[..length]),
            .. "null|[]|{}|{\"schema\":1}|{\"schema\":\"app-preflight/tags/1\",\"tags\":[1]}|{\"schema\":\"app-preflight/tags/1\",\"tags\":{}}".Split('|').Select(Encoding.UTF8.GetBytes),
            .. new[] { ("kelvin:2.0.0", "UPPER:1"), ("\"root\": \"sha256:", "\"root\": \"sha1:"), ("tags/1", "tags/2"), ("2026-11-21T", "yesterday ") }.Select(pair => Encoding.UTF8.GetBytes(text.Replace(pair.Item1, pair.Item2, StringComparison.Ordinal))),
        ];
        for (var round = 0; round < Rounds; round++)
        {
            var garbage = new byte[random.Next(2000)];
            random.NextBytes(garbage);
            contents.Add(garbage);
        }

        foreach (var content in contents)
        {
            File.WriteAllBytes(path, content);
            Assert.That(new TagFile(state.FullName).Recall(), Is.Empty);
        }

        new TagFile(state.FullName).Remember([note]);
        Assert.That(TagJson.Write(new TagFile(state.FullName).Recall().Values), Is.EqualTo(whole));
        using (var file = File.OpenWrite(path)) file.SetLength(1L << 40);
        var before = GC.GetTotalAllocatedBytes();
        Assert.That(new TagFile(state.FullName).Recall(), Is.Empty);
        Assert.That(GC.GetTotalAllocatedBytes() - before, Is.LessThan(1 << 20));
    }

    private static IEnumerable<(int Act, string Run)> Keys(IEnumerable<JournalLine> lines) => lines.Select(line => (line.Act, line.Run));
}
