using System.Globalization;
using AppPreflight.Checks;
using AppPreflight.Images;
using AppPreflight.Oci;

namespace AppPreflight.Cli;

/// <summary>The same with curl and skopeo, to be pasted into a shell. Accounts stand in it as $USER and $PASSWORD only.</summary>
/// <remarks>What goes into a command is a reference or a digest that was parsed, or a number: neither has a sign that a shell obeys between quotes.</remarks>
internal sealed class TicketCommands(Page page, TicketBlob blob, FindingCode code, Cause? cause)
{
    private const int Indent = 2;
    private const int Pieces = 8;
    private const string Manifests = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json";

    public void Write()
    {
        page.Blank();
        if (blob.Reference is not { } image)
        {
            page.Line("No command can be given: the image's name is none that a registry knows.", 3);
            return;
        }

        page.Line("To see the same (bash; set USER and PASSWORD where a login is wanted):", 3);
        WriteVariables(image);
        WriteLogin(image);
        if (blob.IsManifest || blob.Digest is null) WriteManifest(image);
        else WriteBlob();
        WriteSkopeo(image);
    }

    private void WriteVariables(ImageReference image)
    {
        Command($"R='{BaseOf(Host(image))}/v2/{image.Repository}'");
        if (blob is { IsManifest: false, Digest: { } digest }) Command($"D='{digest}'");
        if (image.Registry.Contains(':', StringComparison.Ordinal) && !IsLoopback(image.Registry))
            Command("# where it has no TLS: http:// in R, and --src-tls-verify=false below");
    }

    private void WriteLogin(ImageReference image)
    {
        if (!image.IsDockerHub)
        {
            Command("A=()   # with a login: A=(-u \"$USER:$PASSWORD\"), or a token:");
        }

        var mark = image.IsDockerHub ? "" : "#   ";
        Command($"{mark}W=$(curl -gsS -o /dev/null -D - \"${{R%%/v2/*}}/v2/\" | grep -i ^www-auth)");
        Command($"{mark}REALM=$(expr \"$W\" : '.*realm=\"\\([^\"]*\\)\"'); echo \"$REALM\"");
        Command($"{mark}SERVICE=$(expr \"$W\" : '.*service=\"\\([^\"]*\\)\"')");
        Command($"{mark}# to REALM goes the password: is it a host you know?");
        Command($"{mark}T=$(curl -gsSG {(image.IsDockerHub ? "" : "-u \"$USER:$PASSWORD\" ")}\\");
        Command($"{mark}  --data-urlencode \"service=$SERVICE\" \\");
        Command($"{mark}  -d \"scope=repository:${{R#*/v2/}}:pull\" --url \"$REALM\" |");
        Command($"{mark}  sed -E 's/.*\"(access_)?token\": ?\"([^\"]*)\".*/\\2/')");
        Command($"{mark}A=(-H \"Authorization: Bearer $T\")");
    }

    private void WriteManifest(ImageReference image)
    {
        Command($"H='Accept: {Manifests}'");
        Command("curl -gsSL \"${A[@]}\" -H \"$H\" -D - -o manifest \\");
        Command($"  \"$R/manifests/{blob.Digest?.ToString() ?? image.Target}\"; sha256sum manifest");
    }

    private void WriteBlob()
    {
        var sum = $"{blob.Digest!.Algorithm}sum";
        Command($"curl -gsSL \"${{A[@]}}\" -D - -o blob \"$R/blobs/$D\"; wc -c <blob; {sum} blob");
        if (code == FindingCode.DiffIdDiffers) Command("gunzip -c blob | sha256sum   # the diff id");
        var ways = (cause?.Fetches ?? []).Select(fetch => fetch.Way).Distinct().ToList();
        foreach (var (way, option, what) in new[] { (FetchWay.Direct, "--noproxy '*'", "past every proxy"), (FetchWay.Ipv4, "-4", "over IPv4"), (FetchWay.Ipv6, "-6", "over IPv6") })
        {
            if (ways.Contains(way)) Command($"curl -gsSL \"${{A[@]}}\" {option} \"$R/blobs/$D\" | {sum}   # {what}");
        }

        foreach (var mirror in (cause?.Fetches ?? []).Where(fetch => fetch.Way == FetchWay.Mirror).Select(fetch => fetch.Asked).Where(IsHost).Distinct(StringComparer.Ordinal).Take(4))
        {
            Command($"M='{BaseOf(mirror)}/v2/{blob.Reference!.Repository}'");
            Command($"curl -gsSL \"$M/blobs/$D\" | {sum}   # the mirror");
        }

        WritePieces(sum);
        if (cause?.Difference is { } difference)
            Command($"curl -gsSL \"${{A[@]}}\" -r {Around(difference.Offset)} \"$R/blobs/$D\" | od -A d -t x1");
    }

    private void WritePieces(string sum)
    {
        if (blob.SizeBytes is not (>= Pieces and var size)) return;
        var piece = (size + Pieces - 1) / Pieces;
        Command(string.Create(CultureInfo.InvariantCulture, $"for ((i=0; i<{size}; i+={piece})); do   # in pieces"));
        Command(string.Create(CultureInfo.InvariantCulture, $"  curl -gsSL \"${{A[@]}}\" -r $i-$((i+{piece - 1})) \"$R/blobs/$D\"; done | {sum}"));
    }

    private static string Around(long offset)
    {
        var start = Math.Max(0, offset / 16 * 16 - 16);
        return string.Create(CultureInfo.InvariantCulture, $"{start}-{start + 63}");
    }

    private void WriteSkopeo(ImageReference image)
    {
        var name = image.Digest is { } digest ? $"{image.Name}@{digest}" : image.ToString();
        var isOpen = IsLoopback(image.Registry);
        Command($"I='docker://{name}'");
        Command("# with a login: inspect --creds, copy --src-creds \"$USER:$PASSWORD\"");
        Command($"skopeo inspect --raw{(isOpen ? " --tls-verify=false" : "")} \"$I\" | sha256sum");
        Command($"skopeo{PlatformOptions} copy{(isOpen ? " --src-tls-verify=false" : "")} \\");
        Command("  \"$I\" dir:copy");
    }

    private string PlatformOptions => blob.Platform?.Split('/') is [var os, var architecture, ..] && IsWord(os) && IsWord(architecture)
        ? $" --override-os {os} --override-arch {architecture}" : "";

    private void Command(string line) => page.Whole(line, Indent);

    private static string Host(ImageReference image) => image.IsDockerHub ? "registry-1.docker.io" : image.Registry;

    private static string BaseOf(string host) => $"{(IsLoopback(host) ? "http" : "https")}://{host}";

    // the engine takes registries on loopback without TLS unless told otherwise (moby registry/config.go)
    private static bool IsLoopback(string host) =>
        host.StartsWith("127.", StringComparison.Ordinal) || host.StartsWith("[::1]", StringComparison.Ordinal) || host == "localhost" || host.StartsWith("localhost:", StringComparison.Ordinal);

    private static bool IsHost(string text) => ImageReference.TryParse(text + "/x") is { } parsed && parsed.Registry == text;

    private static bool IsWord(string text) => text.Length is > 0 and < 20 && text.All(char.IsAsciiLetterOrDigit);
}
