using System.Text;
using AppPreflight.Apps;

namespace AppPreflight.AppCenter;

/// <summary>The images a compose app's release wants: what the App Center reads from its template, and what docker-compose then pulls.</summary>
internal sealed record ComposeImages(ComposeRelease Release) : ImageRule
{
    private const string ComposeDirectory = "/var/lib/univention-appcenter/apps";
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public override WantedImages For(UcrValues ucr)
    {
        ComposeTemplate template;
        try
        {
            template = Filter(ucr);
        }
        catch (ComposeFaultException fault)
        {
            return new WantedImages { MainError = fault.Kind, Error = fault.Kind, Reason = Sentence(fault) };
        }

        var undecided = new ComposeUndecided(template);
        var wanted = Main(template.Text, new WantedImages(), undecided);
        wanted = Services(template.Text, ucr, wanted, undecided);
        return wanted with { Undecided = undecided.Sentences };
    }

    private string Sentence(ComposeFaultException fault) => $"The compose file of {Release.AppId} can't be used: {fault.Message}.";

    private ComposeTemplate Filter(UcrValues ucr)
    {
        var text = Decode(Read(Release.Template)!);
        try
        {
            return ComposeTemplate.Mask(UcrTemplate.Render(text, key => ucr[key]));
        }
        catch (FormatException exception)
        {
            throw new ComposeFaultException("killed", exception.Message.TrimEnd('.'));
        }
    }

    private static byte[]? Read(Func<byte[]?> source)
    {
        try
        {
            return source();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ComposeFaultException("unreadable", exception.Message.TrimEnd('.'));
        }
    }

    /// <summary>As Python reads a text file: UTF-8 without exception, every line end a newline.</summary>
    private static string Decode(byte[] bytes)
    {
        try
        {
            return Utf8.GetString(bytes).Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        }
        catch (DecoderFallbackException)
        {
            throw new ComposeFaultException("encoding", "it is not UTF-8");
        }
    }

    private WantedImages Main(string text, WantedImages wanted, ComposeUndecided undecided)
    {
        try
        {
            var content = YamlConstructor.Read(text, YamlDialect.AppCenter);
            var service = ComposeRewrite.Member(ComposeRewrite.Member(content, "services"), Release.MainService);
            var image = ComposeRewrite.Member(service, "image");
            undecided.Look(image, $"the image of the main service {Release.MainService}");
            return wanted with { Main = image is { IsText: true, IsUnknown: false } ? image.Text : null };
        }
        catch (ComposeFaultException fault)
        {
            undecided.Doubt(fault);
            return wanted with { MainError = ComposeUndecided.Class(fault) };
        }
    }

    private WantedImages Services(string text, UcrValues ucr, WantedImages wanted, ComposeUndecided undecided)
    {
        YamlValue content;
        try
        {
            content = YamlConstructor.Read(text, YamlDialect.AppCenter);
            new ComposeRewrite(Settings(ucr)).Apply(content);
            undecided.Look(content);
            wanted = wanted with { Services = [.. ComposeRewrite.Services(content).Select(s => Image(s.Name, s.Service.Get("image")))] };
        }
        catch (ComposeFaultException fault)
        {
            undecided.Doubt(fault);
            return wanted with { Error = ComposeUndecided.Class(fault), Reason = Sentence(fault) };
        }

        var named = wanted.Services.Select(s => s.Image).OfType<string>().Where(i => i.Length > 0).Distinct(StringComparer.Ordinal).ToArray();
        return Pulled(content, wanted with { Named = named }, undecided);
    }

    private static ServiceImage Image(YamlValue name, YamlValue? image) => new(
        ComposeEquality.Name(name),
        image is { IsText: true, IsUnknown: false } ? image.Text : null,
        image is { Kind: not (YamlKind.Null or YamlKind.Text) } ? image.Kind.ToString().ToLowerInvariant() : null);

    private WantedImages Pulled(YamlValue content, WantedImages wanted, ComposeUndecided undecided)
    {
        try
        {
            var files = new List<YamlValue> { ComposeReading.Of(content) };
            if (Read(Release.Override) is { } extra)
            {
                files.Add(YamlConstructor.Read(Decode(extra), YamlDialect.ComposeTool));
            }

            var pulled = ComposeTool.Pulled(files, FileExists);
            return wanted with { Pulled = [.. pulled.Where(p => !ComposeTemplate.HasMark(p))] };
        }
        catch (ComposeFaultException fault)
        {
            undecided.Doubt(fault);
            return wanted with { Reason = $"docker-compose refuses the compose file of {Release.AppId}: {fault.Message}" };
        }
    }

    private string EnvFile => Release.AppId + ".env";

    private bool FileExists(string path) => path is "docker-compose.yml"
        || (Release is { HasEnvFile: true, InjectEnvFile: not null } && path.StartsWith("./", StringComparison.Ordinal) ? path[2..] == EnvFile : Release.HasEnvFile && Release.InjectEnvFile is not null && path == EnvFile)
        || Release.FileExists(path);

    private ComposeSettings Settings(UcrValues ucr) => new()
    {
        MainService = Release.MainService,
        Volumes = [.. Volumes(ucr).Distinct(StringComparer.Ordinal)],
        AppPorts = [.. ComposePorts.Of(Release.AppId, ucr)],
        EnvFile = Release is { HasEnvFile: true, InjectEnvFile.Length: > 0 } ? EnvFile : null,
        InjectsEverywhere = Release.InjectEnvFile == "all",
    };

    /// <remarks>docker.py, MultiDocker._app_volumes.</remarks>
    private IEnumerable<string> Volumes(UcrValues ucr)
    {
        var data = $"{ComposeDirectory}/{Release.AppId}/data";
        var conf = $"{ComposeDirectory}/{Release.AppId}/conf";
        var certificates = $"/etc/univention/ssl/{ucr["hostname"]}.{ucr["domainname"]}";
        return [.. Release.Volumes, $"{data}:{data}", $"{conf}:{conf}", .. Release.HostCertificateAccess ? [$"{certificates}:{certificates}:ro"] : Array.Empty<string>()];
    }
}
