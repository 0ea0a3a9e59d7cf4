using System.Text.Json;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Ports;

namespace AppPreflight.Docker;

/// <summary>Images of an engine, to be compared with copies elsewhere. What it tells comes from /images/NAME/json and /history.</summary>
internal sealed class EngineCopies(DockerHttp http, EngineExport export) : IImageCopies
{
    /// <remarks>The engine has one image by a name, so it is described whatever its platform.</remarks>
    public async Task<ImageForm> DescribeAsync(string name, Platform platform, CancellationToken cancellationToken)
    {
        var path = PathOf(name);
        var image = await InspectAsync(path, name, cancellationToken);
        var history = await http.AskAsync($"/images/{path}/history", DockerJson.Default.HistoryLines, $"tell the history of {name}", cancellationToken);
        var info = await http.AskAsync("/info", DockerJson.Default.InfoAnswer, "describe itself", cancellationToken);
        try
        {
            return EngineForm.Of(name, image, history, EngineReading.UsesContainerd(info));
        }
        catch (Exception e) when (e is FormatException or JsonException or InvalidOperationException)
        {
            // the last: text that is not Unicode
            throw DockerErrors.OfGarbage($"'describe {name}'", e);
        }
    }

    public async Task<IReadOnlyList<LayerFiles>> ListLayersAsync(
        ImageForm image, IReadOnlyList<int> layers, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        if (layers.Count == 0) return [];
        // its tag may lead elsewhere by now
        var id = image.ConfigDigest ?? (image.PulledAs is [var first, ..] ? first : null);
        var promised = image.Layers.Select(layer => layer.DiffId!).ToList();
        var wanted = new WantedLayers(layers.Select(place => promised[place]));
        var exported = await export.ReadAsync(PathOf(id?.ToString() ?? image.Name), image.Name, wanted, progress, cancellationToken);
        if (exported.Fault is { } fault) throw new SourceException(fault with { Part = ImagePart.Layer });
        return [.. layers.Select(place => wanted.Find(promised[place], place) ?? throw Lost(image.Name, promised, place, exported))];
    }

    /// <summary>Why a layer's promised bytes are not in an export that has been read to its end.</summary>
    private static SourceException Lost(string name, List<DiffId> promised, int place, Exported exported)
    {
        var content = exported.Files!.Content(promised);
        if ((exported.Late ?? content.Fault) is { } fault) return new(fault with { Part = ImagePart.Layer });
        var expected = promised[place];
        return new(new SourceFault(Source.Engine, Fault.Corrupt, $"the engine reads other bytes out for layer {expected} of {name} than its configuration promises")
        {
            Part = ImagePart.Layer,
            Subject = expected.ToString(),
            Expected = expected.ToString(),
            Observed = content.Layers.ElementAtOrDefault(place)?.Observed?.ToString(),
        });
    }

    private async Task<JsonElement> InspectAsync(string path, string name, CancellationToken cancellationToken)
    {
        try
        {
            return await http.AskAsync($"/images/{path}/json", DockerJson.Default.JsonElement, $"describe {name}", cancellationToken);
        }
        catch (SourceException fault) when (fault.Fault == Fault.Missing)
        {
            throw new SourceException(await export.ProbeAsync(path, name, cancellationToken) ?? fault.What with { Message = $"the engine has no image {name}", Subject = name });
        }
    }

    private static string PathOf(string name)
    {
        try
        {
            return EngineName.PathOf(name);
        }
        catch (FormatException wrong)
        {
            throw new SourceException(Source.Engine, Fault.Refused, wrong.Message, wrong);
        }
    }
}
