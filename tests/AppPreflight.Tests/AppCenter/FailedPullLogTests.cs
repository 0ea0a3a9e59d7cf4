using System.Text.Json;
using AppPreflight.Vectors;
using NUnit.Framework;

namespace AppPreflight.AppCenter;

public sealed class FailedPullLogTests
{
    private const string Image = "r.test/demo:2.0";

    private static readonly DateTime Noon = new(2025, 10, 7, 12, 0, 0, DateTimeKind.Unspecified);

    [Test]
    public void Finds_every_failed_pull_in_the_log_the_App_Center_wrote() => VectorRun.AssertAllRight("pull-logs", Mismatch);

    private static string? Mismatch(VectorCase each)
    {
        string image = each.Text("image")!;
        string log = Failure("Yesterday's", Noon.AddDays(-1), image) + LogOf(each) + Failure("another image's", Noon.AddHours(1), "r.test/other:1");
        var found = FailedPullLog.LastIn(log, image);
        string failedWith = each.Expected.GetProperty("failed_with").GetString()!;
        string command = each.Text("kind") == "compose" ? "docker-compose -p demo pull" : "docker pull " + image;
        int code = each.Json.GetProperty("tool_exit") is { ValueKind: JsonValueKind.Number } exit ? exit.GetInt32() : -9;
        return found is null ? "not found"
            : found.FailedWith != failedWith ? $"'{found.FailedWith}' instead of '{failedWith}'"
            : found.Command != command || found.ExitCode != code || found.Time != Noon ? found.ToString()
            : found.Text != TextOf(each) ? $"text '{found.Text}' instead of '{TextOf(each)}'"
            : null;
    }

    /// <summary>What the tool printed, read off the lines of the ERROR entry.</summary>
    private static string TextOf(VectorCase each)
    {
        var lines = Log(each).SkipWhile(line => line[1] != "ERROR").TakeWhile((line, index) => index == 0 || line[0] is null).Select(line => line[2]!);
        string entry = string.Join('\n', lines);
        return entry[(entry.IndexOf(" failed with: ", StringComparison.Ordinal) + 14)..entry.LastIndexOf(" (", StringComparison.Ordinal)].Trim();
    }

    private static List<string?[]> Log(VectorCase each) =>
        [.. each.Expected.GetProperty("log").EnumerateArray().Select(line => line.EnumerateArray().Select(part => part.GetString()).ToArray())];

    private static string LogOf(VectorCase each) =>
        string.Concat(Log(each).Select(line => line[0] is { } logger ? Entry(logger, Noon, line[1]!, line[2]!) : line[2] + "\n"));

    private static string Entry(string logger, DateTime time, string level, string message, int process = 4711) =>
        $"{process,6} {logger,-32} {time:yy-MM-dd HH:mm:ss} [{level,8}]: {message}\n";

    private static string Failure(string text, DateTime time, string image) =>
        Entry("docker", time, "ERROR", $"Command docker pull {image} failed with: {text} (1)")
        + Entry("actions.upgrade", time, "CRITICAL", $"Downloading Docker image {image} failed: {text}");

    [Test]
    public void Keeps_two_commands_apart_that_write_at_once()
    {
        string log = Entry("docker", Noon, "ERROR", "Command docker-compose -p demo pull failed with: mine\nsecond line (17)", process: 1)
            + Entry("docker", Noon, "ERROR", "Command docker-compose -p other pull failed with: theirs (1)", process: 2)
            + Entry("actions.upgrade", Noon, "CRITICAL", $"Downloading Docker image {Image} failed: mine\nsecond line", process: 1);
        Assert.That(FailedPullLog.LastIn(log, Image), Is.EqualTo(new FailedPull(
            Image, Noon, "docker-compose -p demo pull", 17, "Command docker-compose -p demo pull failed with: mine", "mine\nsecond line")));
    }

    [Test]
    public void Takes_the_last_of_several() => Assert.That(
        FailedPullLog.LastIn(Failure("first", Noon, Image) + Failure("second", Noon.AddMinutes(1), Image), Image)!.Text, Is.EqualTo("second"));

    [Test]
    public void Makes_do_with_the_entry_that_names_the_image_when_the_other_is_cut_off() => Assert.That(
        FailedPullLog.LastIn("rest of a line\n" + Entry("actions.upgrade", Noon, "CRITICAL", $"Downloading Docker image {Image} failed: denied"), Image),
        Is.EqualTo(new FailedPull(Image, Noon, Command: null, ExitCode: null, FailedWith: null, "denied")));

    [TestCase("r.test/demo:2.0.1")]
    [TestCase("r.test/demo")]
    public void Does_not_take_one_image_for_another(string other) =>
        Assert.That(FailedPullLog.LastIn(Failure("text", Noon, Image), other), Is.Null);

    [Test]
    public void Reads_only_the_end_of_a_long_file()
    {
        using var tree = new ApplianceTree();
        tree.Write(FailedPullLog.Place, Failure("far back", Noon, Image) + new string('x', 2 * 1024 * 1024) + "\n" + Failure("near", Noon, "r.test/other:1"));
        var root = Fence.Around(tree.Root)!;
        Assert.That(FailedPullLog.Last(root, Image), Is.Null);
        Assert.That(FailedPullLog.Last(root, "r.test/other:1")!.Text, Is.EqualTo("near"));
    }
}
