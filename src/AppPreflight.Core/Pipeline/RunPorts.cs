using AppPreflight.Apps;
using AppPreflight.Images;
using AppPreflight.Oci;
using AppPreflight.Ports;

namespace AppPreflight.Pipeline;

/// <summary>The outside things of a run.</summary>
/// <param name="Registry">Registries are reached the way the engine reaches them, so they come after it.</param>
/// <param name="Host">The platform to ask for while no engine tells.</param>
public sealed record RunPorts(
    IAppCenter AppCenter,
    IImageStore Store,
    ILayerStore Layers,
    Func<EngineNetwork, Appliance, IImageRegistry> Registry,
    IJournal Journal,
    IProofMemory Proofs,
    ITagMemory Tags,
    IHostSigns Signs,
    TimeProvider Time,
    Platform Host);
