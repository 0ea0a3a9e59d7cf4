using System.Globalization;
using System.IO.MemoryMappedFiles;
using NUnit.Framework;

namespace AppPreflight.Agent;

internal sealed class IdleMemoryTests
{
    private const int Mebibytes = 16;

    [Test]
    public void Gives_pages_of_files_back_and_loses_none()
    {
        var path = Path.Combine(TestContext.CurrentContext.WorkDirectory, $"pages-{Guid.NewGuid():N}");
        using (var file = File.Create(path))
        {
            file.Write(Enumerable.Repeat((byte)7, Mebibytes << 20).ToArray());
            // a page that was just written has to reach the disk before it can go
            file.Flush(flushToDisk: true);
        }

        try
        {
            using var mapping = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
            using var view = mapping.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
            Assert.That(Sum(view), Is.EqualTo(7L * (Mebibytes << 8)));
            var before = Resident(path);
            IdleMemory.PageFilesOut();
            Assert.That(Resident(path), Is.LessThan(before / 4));
            Assert.That(Sum(view), Is.EqualTo(7L * (Mebibytes << 8)));
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static long Sum(MemoryMappedViewAccessor view)
    {
        var sum = 0L;
        for (var page = 0; page < Mebibytes << 8; page++) sum += view.ReadByte(page << 12);
        return sum;
    }

    // KiB, "Rss:" of the mapping in smaps
    private static int Resident(string path) => int.Parse(
        File.ReadLines("/proc/self/smaps").SkipWhile(line => !line.EndsWith(path, StringComparison.Ordinal)).First(line => line.StartsWith("Rss:", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
}
