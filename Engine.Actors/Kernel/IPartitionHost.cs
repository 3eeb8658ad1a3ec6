using Engine.Actors.Cluster;
using Engine.Actors.Deciders;
using Engine.Actors.Trials;

namespace Engine.Actors.Kernel;

/// <summary>Runs work: in production on the thread pool, in the simulation on one thread in an order that a seed picks.</summary>
public interface IScheduler
{
    /// <summary>Runs a partition's turn soon.</summary>
    void Run(Partition partition);

    /// <summary>The same for somebody who waits for it and may do it.</summary>
    void RunForAsker(Partition partition) => Run(partition);

    /// <summary>Runs something that may block (reads of the store).</summary>
    void RunBlocking(Action work);

    /// <summary>Brings messages to their partition.</summary>
    void Deliver(Partition to, Delivery delivery);
}

public sealed class ThreadPoolScheduler : IScheduler
{
    public void Run(Partition partition) => ThreadPool.UnsafeQueueUserWorkItem(partition, preferLocal: false);

    public void RunForAsker(Partition partition) => partition.Execute();

    public void RunBlocking(Action work) => ThreadPool.UnsafeQueueUserWorkItem(static w => w(), work, preferLocal: false);

    public void Deliver(Partition to, Delivery delivery) => to.Receive(delivery);
}

/// <summary>What a partition needs of the node around it.</summary>
interface IPartitionHost
{
    IDomain Domain { get; }
    IJournal Journal { get; }
    IScheduler Scheduler { get; }
    TimeProvider Time { get; }
    /// <summary>The time to decide by, milliseconds since 1970 UTC.</summary>
    long Now { get; }
    /// <summary>Milliseconds by the monotonic clock, for what waits rather than falls due.</summary>
    long Uptime { get; }
    Limits Limits { get; }
    QuestionPace Questions { get; }
    KernelFault Fault { get; }
    int Partitions { get; }
    string Owner { get; }
    /// <summary>False while the clocks disagree.</summary>
    bool MayExpire { get; }
    void Deliver(Delivery delivery);
    /// <summary>Has risen when a streak was broken or a partition has opened: what was told to somebody before may not be known there any more.</summary>
    long Upheavals { get; }
    /// <summary>A partition takes messages in from now on.</summary>
    void HasOpened();
    /// <summary>The number of the last durable message of a link.</summary>
    void Sent(int from, int to, long number);
    long LastSent(int from, int to);
    /// <summary>Brings what lies behind the mark once more, from the sender's journal.</summary>
    void Resend(int from, int to, Mark after);
    /// <summary>Tells a receiver how far this sender's link has got, so that it notices a gap.</summary>
    void Announce(int from);
    void Stopped(int partition, string fault);
    /// <summary>Null where this node owns everything.</summary>
    IOwnership? Ownership { get; }
    /// <summary>Null where none is kept.</summary>
    ITailRecord? Tails { get; }
    /// <summary>This node owns the partition, or is about to.</summary>
    bool IsWanted(int partition);
    /// <summary>False where nobody else should be able to take it over.</summary>
    bool Lost(int partition);
    void Left(int partition, long epoch);
    Lease Acquire(int partition);
    /// <summary>False while the lease has run out: what was read may have been overtaken elsewhere.</summary>
    bool MayAnswer(int partition);
}
