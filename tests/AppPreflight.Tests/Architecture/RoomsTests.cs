using System.Text.RegularExpressions;
using System.Xml.Linq;
using NUnit.Framework;

namespace AppPreflight.Architecture;

/// <summary>Keeps the rooms of docs/architecture.md. The table there is the rule; this only reads it.</summary>
public sealed partial class RoomsTests
{
    private static readonly string Top = FindTop();
    private static readonly IReadOnlyList<Room> Rooms = ReadRooms();

    [Test]
    public void Lets_a_file_use_only_rooms_with_smaller_numbers()
    {
        var broken = Sources().SelectMany(Trespasses).ToList();
        Assert.That(broken, Is.Empty, "data flows forward: a room that knows a later one, or its neighbour, makes a ring");
    }

    [Test]
    public void Has_a_room_for_every_folder_of_the_source()
    {
        var folders = Sources().Select(file => file.Folder).Where(folder => folder.Length > 0).Distinct().Order();
        Assert.That(folders, Is.EqualTo(Rooms.Select(room => $"{room.Project}/{room.Name}").Order()));
    }

    [Test]
    public void Keeps_waiting_out_of_the_rooms_that_think()
    {
        var waiting = Sources().Where(file => file.Room is { Number: <= 7 })
            .SelectMany(file => file.Lines.Where(line => Waiting().IsMatch(line.Text)).Select(line => $"{file.Path}:{line.Number}: {line.Text.Trim()}"));
        Assert.That(waiting, Is.Empty, "rules are pure functions of values: no Task, no clock, no stream below room 8");
    }

    [TestCase("src/AppPreflight.Core/AppPreflight.Core.csproj")]
    [TestCase("src/AppPreflight.Adapters/AppPreflight.Adapters.csproj", "AppPreflight.Core")]
    [TestCase("src/AppPreflight/AppPreflight.csproj", "AppPreflight.Core", "AppPreflight.Adapters")]
    public void Draws_project_references_as_the_walls_are(string project, params string[] references)
    {
        var drawn = XDocument.Load(Path.Combine(Top, project)).Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')));
        Assert.That(drawn, Is.EquivalentTo(references));
    }

    private static IEnumerable<string> Trespasses(SourceFile file)
    {
        if (file.Room is not { } room) yield break;
        foreach (var line in file.Lines)
        {
            foreach (var other in Rooms.Where(other => other.Name != room.Name && other.Number >= room.Number && Names(line.Text, other)))
                yield return $"{file.Path}:{line.Number}: {room.Name} ({room.Number}) names {other.Name} ({other.Number})";
        }
    }

    // "using AppPreflight.Room;" and "Room.Type", but neither a member of that name (x.Room.) nor a longer word
    private static bool Names(string line, Room room) =>
        Regex.IsMatch(line, $@"(?<![\w.])(?:AppPreflight\.)?{room.Name}\.(?=[A-Z])|using (?:static )?AppPreflight\.{room.Name}\b", RegexOptions.CultureInvariant);

    private static IEnumerable<SourceFile> Sources() =>
        Rooms.Select(room => room.Project).Distinct().SelectMany(project =>
            Directory.EnumerateFiles(Path.Combine(Top, "src", project), "*.cs", SearchOption.AllDirectories)
                .Where(path => !path.Contains("/obj/", StringComparison.Ordinal) && !path.Contains("/bin/", StringComparison.Ordinal))
                .Select(path => Read(project, path)));

    private static SourceFile Read(string project, string path)
    {
        var relative = Path.GetRelativePath(Path.Combine(Top, "src", project), path);
        var folder = relative.Contains('/', StringComparison.Ordinal) ? relative[..relative.IndexOf('/', StringComparison.Ordinal)] : "";
        var lines = File.ReadAllLines(path).Select((text, i) => (Number: i + 1, Text: text))
            .Where(line => !line.Text.TrimStart().StartsWith("//", StringComparison.Ordinal)).ToList();
        return new(Path.GetRelativePath(Top, path), folder.Length == 0 ? "" : $"{project}/{folder}",
            Rooms.FirstOrDefault(room => room.Project == project && room.Name == folder), lines);
    }

    private static IReadOnlyList<Room> ReadRooms() =>
        [.. File.ReadLines(Path.Combine(Top, "docs/architecture.md")).Select(line => RoomRow().Match(line)).Where(match => match.Success)
            .Select(match => new Room(int.Parse(match.Groups[1].ValueSpan), match.Groups[2].Value, match.Groups[3].Value))];

    private static string FindTop()
    {
        var folder = TestContext.CurrentContext.TestDirectory;
        while (!File.Exists(Path.Combine(folder, "AppPreflight.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("AppPreflight.sln is in no folder above the tests");
        return folder;
    }

    private sealed record Room(int Number, string Name, string Project);

    private sealed record SourceFile(string Path, string Folder, Room? Room, IReadOnlyList<(int Number, string Text)> Lines);

    [GeneratedRegex(@"^\| (\d+) \| (\w+) \| (AppPreflight[.\w]*) \|")]
    private static partial Regex RoomRow();

    [GeneratedRegex(@"\b(Task|ValueTask|CancellationToken|TimeProvider|Stream|FileInfo|HttpClient|ILogger)\b")]
    private static partial Regex Waiting();
}
