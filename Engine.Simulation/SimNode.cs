using Engine.Actors.Cluster;
using Engine.Actors.Kernel;

namespace Engine.Simulation;

/// <summary>One process of a simulated cluster.</summary>
sealed class SimNode
{
    public required NodeRow Row { get; init; }
    public required SimClock Clock { get; init; }
    public required SimScheduler Scheduler { get; init; }
    public required SimStore Store { get; init; }
    public required EngineNode Engine { get; init; }
    public required ClusterMember Member { get; init; }
    /// <summary>Stopped for a while and not knowing it; its clocks run on.</summary>
    public bool IsPaused { get; set; }
    public bool IsLeaving { get; set; }
}
