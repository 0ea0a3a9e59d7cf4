using System.Text;
using AppPreflight.Archive;
using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.LayerStore;

/// <summary>
/// One folder of the engine's layer table, <c>layerdb/sha256/CHAIN</c>: which layer it is, on which it stands, where its files are.
/// Held open, so that a folder that was removed and made anew under the same name is not taken for this one.
/// </summary>
/// <remarks>Source: moby layer/filestore.go.</remarks>
internal sealed class LayerRecord : IDisposable
{
    public const string CacheIdName = "cache-id";
    public const string TarSplitName = "tar-split.json.gz";
    private const string DiffName = "diff";
    private const string ParentName = "parent";
    private const int MostBytes = 256;

    private readonly Folder table;
    private readonly string name;
    private readonly Folder folder;

    private LayerRecord(Folder table, string name, Folder folder) => (this.table, this.name, this.folder) = (table, name, folder);

    /// <returns>Null when there is none of that name.</returns>
    public static LayerRecord? TryOpen(Folder table, string name) => table.TryOpen(name) is { } folder ? new(table, name, folder) : null;

    /// <summary>The folder of the layer's files; null when this is no such name.</summary>
    /// <remarks>pkg/stringid: 64 hex digits; of BuildKit 25 letters and digits (identity.NewID). Nothing that could lead elsewhere.</remarks>
    public string? CacheId => Text(CacheIdName) is { Length: > 0 and <= 64 } id && id.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter)) ? id : null;

    /// <summary>
    /// The files were never unpacked: BuildKit built them where they are. Then there may be what no tar of the engine carries: sockets and user attributes.
    /// </summary>
    /// <remarks>Source: moby layer/layer_store.go, RegisterByGraphID; pkg/archive, ReadSecurityXattrToTarHeader.</remarks>
    public bool IsBuiltInPlace => CacheId is not { Length: 64 };

    /// <summary>As it stands there, for showing.</summary>
    public string? CacheIdText => Text(CacheIdName);

    /// <summary>Sum of the sizes of its files; 0 when that can't be read. Good for guessing how long it takes.</summary>
    public long SizeBytes => long.TryParse(Text("size"), System.Globalization.NumberStyles.None, null, out var size) ? size : 0;

    /// <summary>Whether an engine that starts takes it for a layer: all that it reads then is there and has its form.</summary>
    /// <remarks>Source: moby layer/layer_store.go, loadLayer, with filestore.go, GetDiffID, GetSize, GetCacheID and GetParent.</remarks>
    public bool IsLayer => CacheId is not null
        && Digest.TryParse(Text(DiffName)) is not null
        && long.TryParse(Text("size"), System.Globalization.NumberStyles.AllowLeadingSign, System.Globalization.CultureInfo.InvariantCulture, out _)
        && (Text(ParentName) is not { } parent || Digest.TryParse(parent) is not null);

    /// <summary>What is in it, for showing; empty for nothing.</summary>
    public string Contents
    {
        get
        {
            const int most = 8;
            var names = folder.Names(most);
            return string.Join(", ", names.Take(most).Select(name => LayerPath.Show(name)).Order(StringComparer.Ordinal)) + (names.Count > most ? " and more" : "");
        }
    }

    /// <summary>Whether the folder that was opened is still the one of that name: an engine that removes a layer renames it first.</summary>
    public bool IsStillThere
    {
        get
        {
            var held = folder.Status;
            return table.StatusOf(Encoding.ASCII.GetBytes(name), out var now) == 0 && held.Inode == now.Inode && held.Links > 0;
        }
    }

    /// <exception cref="InvalidDataException">It is not there, or no whole gzip.</exception>
    public TarSplitReader OpenTarSplit(bool isFromMedium) => TarSplitReader.Open(
        folder.TryReadable(TarSplitName, isFromMedium) ?? throw new InvalidDataException("it is not there"));

    /// <summary>What the table says of the layer against what the image says.</summary>
    public void Compare(LayerClaim claim, DamageList damages)
    {
        var (diff, parent) = (Text(DiffName), Text(ParentName));
        if (diff != claim.DiffId.ToString()) damages.Add(DamageKind.DiffFile, DiffName, claim.DiffId.ToString(), Shown(diff));
        if (parent != claim.Parent?.ToString()) damages.Add(DamageKind.Parent, ParentName, claim.Parent?.ToString(), Shown(parent));
    }

    public void Dispose() => folder.Dispose();

    public static string? Shown(string? text) => text is null ? null : LayerPath.Show(Encoding.UTF8.GetBytes(Quote.Short(text)));

    private string? Text(string file) => folder.ReadSmall(file, MostBytes) is { } bytes ? Encoding.Latin1.GetString(bytes).Trim() : null;
}
