using System.Net;

namespace Engine.Load.Torture;

/// <summary>What of a node's network can be cut. One way means that what is said that way is lost, and answers come through.</summary>
[Flags]
public enum NodeCut
{
    None = 0,
    /// <summary>What the node says to the store.</summary>
    ToStore = 1,
    /// <summary>What the store says to the node.</summary>
    FromStore = 2,
    Store = ToStore | FromStore,
    /// <summary>What the node says to other nodes.</summary>
    ToNodes = 4,
    /// <summary>What other nodes say to the node.</summary>
    FromNodes = 8,
    Nodes = ToNodes | FromNodes,
    /// <summary>The plug is pulled: from clients as well.</summary>
    Everything = 16,
}

/// <summary>Where a node is and how it reaches the others.</summary>
/// <param name="Url">Where it listens.</param>
/// <param name="Advertised">Where other nodes reach it.</param>
/// <param name="Store">Where it reaches the store.</param>
/// <param name="Launcher">What it is started by; empty for nothing.</param>
public sealed record NodePlace(Uri Url, Uri Advertised, IPEndPoint Store, IReadOnlyList<string> Launcher);

/// <summary>What connects the nodes of a cluster under torture with each other and with the store, and can be cut.</summary>
public abstract class ClusterNetwork : IAsyncDisposable
{
    /// <summary>What can be cut here, one at a time or together.</summary>
    public abstract IReadOnlyList<NodeCut> Cuts { get; }

    /// <param name="number">Counted from 1.</param>
    public abstract NodePlace Place(int number);

    public abstract Task CutAsync(int number, NodeCut cut);

    /// <summary>Undoes all cuts of the node.</summary>
    public abstract Task HealAsync(int number);

    public abstract ValueTask DisposeAsync();
}
