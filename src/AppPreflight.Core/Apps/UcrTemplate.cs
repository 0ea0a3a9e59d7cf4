using System.Runtime.InteropServices;

namespace AppPreflight.Apps;

/// <summary>Replaces <c>@%@key@%@</c> references; code blocks (<c>@!@ … @!@</c>) are never run.</summary>
/// <remarks>
/// Source: config_registry/handler.py, run_filter. The text between two tokens is the key, taken literally, line ends
/// included; a key that is not set becomes nothing; a last token without a partner stays. The filter starts again from
/// the top after each replacement, so values may bring references of their own, and two values may complete a token.
/// </remarks>
public static class UcrTemplate
{
    /// <summary>Longest text that may arise, in UTF-16 units. A compose file has some thousand.</summary>
    public const int MaxLength = 4 * 1024 * 1024;

    /// <summary>
    /// Most characters that all replacements together may bring. A value that ends in its own reference and begins with a large one that is
    /// not set keeps the text short and is read again and again.
    /// </summary>
    public const long MaxWork = 4L * MaxLength;

    /// <summary>Most replacements in one template; past it the filter counts as endless.</summary>
    public const int MaxReplacements = 100_000;

    private const string Token = "@%@";

    /// <param name="template">The text with references.</param>
    /// <param name="value">The registry: null for a key that is not set.</param>
    /// <param name="work">What several renderings have left together of <see cref="MaxWork"/>; null for one that stands alone.</param>
    /// <exception cref="FormatException">A value refers to itself, so that the real filter would never end; or the limits are passed.</exception>
    public static string Render(string template, Func<string, string?> value, UcrWork? work = null) =>
        template.Contains(Token, StringComparison.Ordinal) ? new Filter(template, value, work ?? new()).Run() : template;

    /// <summary>
    /// Text left of the cursor holds no token, text right of it is unread and lies reversed, so that a value can be put
    /// in front of it at no cost. That makes the work linear in the characters seen; starting again from the top each
    /// time, as the original does, would be quadratic.
    /// </summary>
    private sealed class Filter(string template, Func<string, string?> value, UcrWork work)
    {
        private readonly List<char> left = [];
        private readonly List<char> right = [];
        private int replacements;

        public string Run()
        {
            PutBack(template);
            while (SkipPastToken(from: 0))
            {
                int start = left.Count;
                if (!SkipPastToken(from: start))
                {
                    left.InsertRange(start, Token);
                    break;
                }

                Replace(start);
            }

            return new string(CollectionsMarshal.AsSpan(left));
        }

        /// <summary>Reads on until a token ends that began at or after <paramref name="from"/>, and drops it.</summary>
        private bool SkipPastToken(int from)
        {
            while (right.Count > 0)
            {
                left.Add(right[^1]);
                right.RemoveAt(right.Count - 1);
                if (left.Count - from >= Token.Length && EndsWithToken())
                {
                    left.RemoveRange(left.Count - Token.Length, Token.Length);
                    return true;
                }
            }

            return false;
        }

        private bool EndsWithToken() => left[^1] == '@' && left[^2] == '%' && left[^3] == '@';

        private void Replace(int start)
        {
            var key = new string(CollectionsMarshal.AsSpan(left)[start..]);
            left.RemoveRange(start, left.Count - start);
            if (++replacements > MaxReplacements)
            {
                throw new FormatException($"The reference {Token}{Shortened(key)}{Token} never ends: its value contains it again.");
            }

            var text = value(key) ?? Warning(key);
            work.Left -= text.Length;
            if (work.Left < 0)
            {
                throw new FormatException($"The reference {Token}{Shortened(key)}{Token} is one of too many that bring too much text.");
            }

            PutBack(text);
            if (left.Count + right.Count > MaxLength)
            {
                throw new FormatException($"The reference {Token}{Shortened(key)}{Token} makes the text longer than {MaxLength} characters.");
            }

            // the end of what stands before may form a token with the beginning of the value
            int seam = Math.Max(0, left.Count - (Token.Length - 1));
            for (int index = left.Count - 1; index >= seam; index--)
            {
                right.Add(left[index]);
            }

            left.RemoveRange(seam, left.Count - seam);
        }

        private void PutBack(string text)
        {
            for (int index = text.Length - 1; index >= 0; index--)
            {
                right.Add(text[index]);
            }
        }

        private static string Shortened(string key) => key.Length <= 80 ? key : key[..80] + "…";
    }

    /// <summary>
    /// <c>UCRWARNING=PREFIX</c> stands for a block of lines that each begin with the prefix: some comment in the
    /// template's own language. Its wording is of no consequence, its lines are.
    /// </summary>
    private static string Warning(string key)
    {
        string? prefix = WarningNames
            .Where(name => key.StartsWith(name, StringComparison.Ordinal) && key.Length > name.Length && key[name.Length] != '\n')
            .Select(name => key[name.Length..].Split('\n')[0])
            .FirstOrDefault();
        return prefix is null ? "" : $"{prefix}generated by univention-config-registry\n{prefix}";
    }

    private static readonly string[] WarningNames = ["UCRWARNING=", "BCWARNING=", "UCRWARNING_ASCII="];
}

/// <summary>The characters that replacements may still bring.</summary>
public sealed class UcrWork
{
    public long Left { get; set; } = UcrTemplate.MaxWork;
}
