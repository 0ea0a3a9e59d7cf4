using AppPreflight.Images;

namespace AppPreflight.Checks;

/// <summary>A source that gave no usable answer, as a finding: what could not be seen is Unknown, what was seen wrong is Fail.</summary>
public static class FaultCheck
{
    public static Finding OfRegistry(string subject, SourceFault fault) => fault.Fault switch
    {
        Fault.Unreachable => Make(FindingCode.RegistryUnreachable, Verdict.Unknown, subject, fault,
            "check the network, DNS and proxy of this host, then run again"),
        Fault.Denied => Make(FindingCode.RegistryDenied, Verdict.Unknown, subject, fault,
            "check the licence (univention-app info) or root's docker login for this registry"),
        Fault.Throttled => Make(FindingCode.RegistryThrottled, Verdict.Unknown, subject, fault,
            "wait until the registry's limit is over, then run again"),
        Fault.Missing => Make(fault.Part == ImagePart.Manifest ? FindingCode.ManifestAbsent
            : fault.Part == ImagePart.Config ? FindingCode.ConfigAltered : FindingCode.LayerAbsent, Verdict.Fail, subject, fault,
            "nothing on this host can help: the registry's operator has to push it again"),
        Fault.Unsupported => Make(FindingCode.MediaTypeUnsupported, Verdict.Fail, subject, fault,
            "the app's provider has to publish a form this engine can use, or the engine has to be upgraded first"),
        Fault.Refused => Make(FindingCode.PlatformAbsent, Verdict.Fail, subject, fault,
            "the app's provider has to publish this platform"),
        _ => Make(fault.Part switch
        {
            ImagePart.Config => FindingCode.ConfigAltered,
            ImagePart.Layer => FindingCode.LayerAltered,
            _ => FindingCode.ManifestAltered,
        }, Verdict.Fail, subject, fault, ServedCheck.TellOperator),
    };

    public static Finding OfEngine(string subject, SourceFault fault) =>
        Make(FindingCode.EngineUnreachable, Verdict.Unknown, subject, fault, fault.Fault switch
        {
            Fault.Denied => "run as root",
            Fault.Changing => "run again: the engine was removing or replacing it",
            Fault.Unsupported when fault.Part == ImagePart.Layer => "remove the image (docker image rm) and pull it again at a time when the app may be down",
            Fault.Unsupported => "no reading proves such a layer; where that must not block an upgrade: ucr set app-preflight/gate/unknown=allow",
            _ => "systemctl status docker",
        });

    /// <summary>A file in the wrong form stops the App Center too; one that this user can't read, or that is being replaced, says nothing.</summary>
    public static Finding OfAppCenter(string app, SourceFault fault) => fault.Fault switch
    {
        Fault.Changing => Make(FindingCode.CatalogRefreshing, Verdict.Unknown, fault.Subject ?? app, fault,
            "wait until 'univention-app update' has ended, then run again"),
        Fault.Denied or Fault.Unreachable => Make(FindingCode.CatalogUnreadable, Verdict.Unknown, fault.Subject ?? app, fault, "run as root"),
        _ => Make(FindingCode.CatalogUnreadable, Verdict.Fail, fault.Subject ?? app, fault, "univention-app update"),
    };

    private static Finding Make(FindingCode code, Verdict verdict, string subject, SourceFault fault, string remedy) =>
        new(code, verdict, subject, fault.From, fault.Message) { Expected = fault.Expected, Observed = fault.Observed, Remedy = remedy };
}
