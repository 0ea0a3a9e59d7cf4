using System.Text;
using AppPreflight.Images;
using AppPreflight.Ports;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;
using DocumentNode = YamlDotNet.RepresentationModel.YamlNode;

namespace AppPreflight.AppCenter;

/// <summary>Reads YAML written by people into nodes, within limits: no anchors, so that a small file stays small, no deep nests and no endless lines.</summary>
internal static class GuardedYaml
{
    public const int MaxBytes = 256 * 1024;

    private const int MaxDepth = 16;

    /// <summary>Nobody writes such lines, and the scanner's time for one may grow faster than the line.</summary>
    private const int MaxLineLength = 4096;

    /// <param name="file">Named in the exception only.</param>
    /// <exception cref="SourceException">Malformed, subject FILE:LINE.</exception>
    public static IReadOnlyList<YamlDocument> Load(string file, byte[] content)
    {
        try
        {
            var stream = new YamlStream();
            var text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(content);
            RefuseOddLines(file, text);
            var parser = new Guard(new Parser(new StringReader(text + "\n")));
            Fill(stream, parser);
            return [.. stream.Documents];
        }
        catch (DecoderFallbackException)
        {
            throw Refusal(file, line: 1, "the file is not UTF-8");
        }
        catch (YamlException broken)
        {
            throw Refusal(file, broken.Start.Line, broken.Message.TrimEnd('.'), broken);
        }
    }

    // behind a directive that it does not know ("%YA" and blanks) the scanner never finds the end of the file
    private static void RefuseOddLines(string file, string text)
    {
        var number = 0;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            number++;
            if (line.Length > MaxLineLength)
            {
                throw Refusal(file, number, $"the line has more than {MaxLineLength} characters");
            }

            if (line is ['%', ..] && !line.StartsWith("%YAML ") && !line.StartsWith("%TAG "))
            {
                throw Refusal(file, number, "this is no directive of YAML");
            }
        }
    }

    // events in an order no document has ("a:" before a NEL and another key): the loader takes that for the caller's mistake
    private static void Fill(YamlStream stream, Guard parser)
    {
        try
        {
            stream.Load(parser);
        }
        catch (ArgumentException lapse)
        {
            throw parser.Lapse(lapse);
        }
    }

    public static SourceException Refusal(string file, DocumentNode node, string what) => Refusal(file, node.Start.Line, what);

    private static SourceException Refusal(string file, long line, string what, Exception? inner = null) =>
        new(Source.AppCenter, Fault.Malformed, $"{file}, line {line}: {what}.", inner) { Subject = $"{file}:{line}" };

    private sealed class Guard(Parser parser) : IParser
    {
        private int depth;

        public ParsingEvent? Current => parser.Current;

        public bool MoveNext()
        {
            bool moved = MoveParser();
            if (moved && Current is { } found)
            {
                Check(found);
            }

            return moved;
        }

        /// <summary>The scanner has lapses of its own: <c>[a:[</c> and the like end in an InvalidOperationException.</summary>
        private bool MoveParser()
        {
            try
            {
                return parser.MoveNext();
            }
            catch (Exception lapse) when (lapse is InvalidOperationException or ArgumentException or IndexOutOfRangeException or FormatException)
            {
                throw Lapse(lapse);
            }
        }

        public YamlException Lapse(Exception lapse)
        {
            var place = Current?.End ?? Mark.Empty;
            return new YamlException(place, place, "this is not YAML", lapse);
        }

        private void Check(ParsingEvent found)
        {
            depth += found.NestingIncrease;
            if (depth > MaxDepth)
            {
                throw new YamlException(found.Start, found.End, "this is nested too deeply");
            }

            if (found is AnchorAlias || found is NodeEvent { Anchor.IsEmpty: false })
            {
                throw new YamlException(found.Start, found.End, "anchors and aliases are not taken here");
            }
        }
    }
}
