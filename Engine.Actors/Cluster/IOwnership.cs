using Engine.Actors.Kernel;

namespace Engine.Actors.Cluster;

/// <summary>
/// Which partitions a node owns and for how long it may speak for them, where several nodes share a store
/// (Engine.Actors/Cluster). A node without one owns them all.
/// </summary>
public interface IOwnership
{
    /// <summary>The node's lease is valid now: what it has read before this call may be shown.</summary>
    bool MayAnswer { get; }

    /// <summary>The frame layout that every node reads.</summary>
    byte FrameVersion { get; }

    /// <summary>As <see cref="IJournal.Acquire"/>, where this node may.</summary>
    /// <exception cref="NotOwnerException">Another node owns it.</exception>
    /// <exception cref="StoreUnavailableException" />
    Lease Acquire(int partition);

    /// <summary>Another node has taken the partition over; it is closed here.</summary>
    void Lost(int partition);

    /// <summary>The partition has been drained and closed to be handed over.</summary>
    void Left(int partition, long epoch);

    /// <summary>The partition serves here now.</summary>
    void Opened(int partition, long epoch);

    /// <summary>Brings messages to a partition that is owned elsewhere, once and at best: what is lost is found by its number.</summary>
    void Deliver(Delivery delivery);

    /// <summary>Tells a partition that is owned elsewhere how far a link has got.</summary>
    void Announce(int from, int to, long number);
}

/// <summary>Another node owns the partition. Nothing has happened.</summary>
public sealed class NotOwnerException(string message) : StoreUnavailableException(message);
