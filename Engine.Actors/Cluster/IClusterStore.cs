using Engine.Actors.Kernel;

namespace Engine.Actors.Cluster;

/// <summary>One process, as it tells itself to the others through the store.</summary>
/// <param name="Id">Unique to this run of the process, so that a node that is started again is never taken for the one before.</param>
/// <param name="Name">As configured; what partitions are assigned by.</param>
/// <param name="Address">Where other nodes reach it; empty where it can't be.</param>
/// <param name="Reads">The newest frame layout this build reads.</param>
public sealed record NodeRow(string Id, string Name, string Address, byte Reads)
{
    /// <summary>Given by the store: who came later has the higher number.</summary>
    public long Number { get; init; }
    /// <summary>Given by the store at each renewal of the lease and never again. That it stands still is how others see that a node is gone.</summary>
    public long Renewal { get; init; }
    /// <summary>It is to own nothing: it hands everything over, or its clock has never agreed with the store's.</summary>
    public bool IsLeaving { get; init; }
}

/// <param name="Owner">A node's id, or null where it is free.</param>
public sealed record PartitionRow(int Partition, string? Owner, long Epoch);

/// <param name="Now">The store's clock.</param>
/// <param name="Written">The newest frame layout that may stand in the journal.</param>
public sealed record ClusterState(DateTimeOffset Now, byte Written, IReadOnlyList<NodeRow> Nodes, IReadOnlyList<PartitionRow> Partitions);

/// <summary>
/// Who the nodes are and who owns what, beside the journal and in the same store. One contract suite
/// (Engine.Tests/Cluster/ClusterStoreContract) holds for every implementation.
/// </summary>
public interface IClusterStore
{
    /// <summary>Renews the node's lease, adding its row where it is new, and reads how everything stands behind that, in one transaction.</summary>
    /// <param name="writes">The frame layout it writes from now on.</param>
    /// <exception cref="StoreUnavailableException" />
    ClusterState Renew(NodeRow me, byte writes);

    /// <summary>
    /// Takes a partition over, as <see cref="IJournal.Acquire"/>: if it is still as it was <paramref name="seen"/>, and an owner
    /// other than this node has not renewed its lease since <paramref name="renewal"/>. All of that in one transaction.
    /// </summary>
    /// <exception cref="NotOwnerException">Something has changed meanwhile. Nothing was written.</exception>
    /// <exception cref="StoreUnavailableException" />
    Lease Acquire(string node, PartitionRow seen, long renewal);

    /// <summary>Sets a partition free, if the node owns it under that epoch.</summary>
    /// <exception cref="StoreUnavailableException" />
    void Release(string node, int partition, long epoch);

    /// <summary>Removes a node that has not renewed its lease since; what it owned is free.</summary>
    /// <exception cref="StoreUnavailableException" />
    void Forget(string node, long renewal);
}
